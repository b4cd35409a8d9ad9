#include "engine/table/read_burst.h"

#include "engine/table/read_stream.h"

namespace treering::table {

void ReadBurst::Join(ReadStream* stream) { streams_.push_back(stream); }

void ReadBurst::Leave(ReadStream* stream) { std::erase(streams_, stream); }

bool ReadBurst::IsDue() const {
  size_t wanting = 0;
  for (const ReadStream* stream : streams_) wanting += stream->Wanting();
  return wanting >= kReads;
}

void ReadBurst::SubmitAll() {
  for (ReadStream* stream : streams_) stream->SubmitWanting();
}

}  // namespace treering::table
