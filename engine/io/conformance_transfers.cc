// Stories about single reads and writes, about sizes, and about changes that fail.
#include <vector>

#include "engine/io/conformance.h"
#include "engine/io/errors.h"

namespace treering::io {
namespace {

constexpr StoryCase kTransferStories[] = {
    {"WriteIsReadBack",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 8192, 'a');
       s.Read(f, 0, 8192);
       s.Read(f, 4096, 4096);
     },
     R"(
create f: OK
write 0+8192: 8192
read 0+8192: 8192 a8192
read 4096+4096: 4096 a4096
)"},
    {"OverwriteReplaces",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 12288, 'a');
       s.Write(f, 4096, 4096, 'b');
       s.Read(f, 0, 12288);
     },
     R"(
create f: OK
write 0+12288: 12288
write 4096+4096: 4096
read 0+12288: 12288 a4096 b4096 a4096
)"},
    {"AHoleReadsAsZero",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 8192, 4096, 'a');
       s.Size(f);
       s.Read(f, 0, 12288);
     },
     R"(
create f: OK
write 8192+4096: 4096
size: 12288
read 0+12288: 12288 .8192 a4096
)"},
    {"AReadAtTheEndIsEmpty",
     [](Story& s) {
       File* f = s.Create("f");
       s.Read(f, 0, 4096);
       s.Write(f, 0, 4096, 'a');
       s.Read(f, 4096, 4096);
       s.Read(f, 1 << 30, 4096);
     },
     R"(
create f: OK
read 0+4096: 0
write 0+4096: 4096
read 4096+4096: 0
read 1073741824+4096: 0
)"},
    {"AReadOverTheEndStopsThere",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 8192, 'a');
       s.Read(f, 4096, 16384);
     },
     R"(
create f: OK
write 0+8192: 8192
read 4096+16384: 4096 a4096
)"},
    {"ADirectReadStopsInsideAPage",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 8192, 'a');
       s.Truncate(f, 5000);
       s.Read(f, 0, 16384);
       s.Read(f, 4096, 4096);
       s.Read(f, 8192, 4096);
     },
     R"(
create f: OK
write 0+8192: 8192
truncate 5000: OK
read 0+16384: 5000 a5000
read 4096+4096: 904 a904
read 8192+4096: 0
)"},
    {"BufferedFilesTakeAnyRange",
     [](Story& s) {
       File* f = s.Open("f", OpenMode::kCreate, /*direct=*/false);
       s.Write(f, 10, 5, 'a');
       s.Read(f, 0, 100);
       s.Read(f, 12, 2);
       s.Read(f, 15, 1);
       s.Size(f);
     },
     R"(
create f: OK
write 10+5: 5
read 0+100: 15 .10 a5
read 12+2: 2 a2
read 15+1: 0
size: 15
)"},
    {"DirectFilesTakeWholePagesOnly",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 512, 4096, 'a');
       s.Write(f, 0, 100, 'a');
       s.Read(f, 1, 4096);
       s.Read(f, 0, 512);
       Request request = Request::Write(f, 0, s.Memory(8192).subspan(512, 4096));
       (void)s.queue()->Run(&request).ok();
       s.Say("pointer: " + Story::Outcome(request));
       s.Size(f);
     },
     R"(
create f: OK
write 512+4096: EINVAL
write 0+100: EINVAL
read 1+4096: EINVAL
read 0+512: EINVAL
pointer: EINVAL
size: 0
)"},
    {"NothingIsDoneAtOnce",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 0, 'a');
       s.Read(f, 4096, 0);
       s.Allocate(f, 0);
       s.Size(f);
     },
     R"(
create f: OK
write 0+0: 0
read 4096+0: 0
allocate 0: OK
size: 0
)"},
    {"RangesPastTheLastOffsetAreRefused",
     [](Story& s) {
       File* f = s.Create("f");
       s.Read(f, UINT64_MAX - 4095, 4096);
       s.Write(f, (1ull << 63) - 4096, 8192, 'a');
       s.Truncate(f, UINT64_MAX);
     },
     R"(
create f: OK
read 18446744073709547520+4096: EINVAL
write 9223372036854771712+8192: EINVAL
truncate 18446744073709551615: EINVAL
)"},
    {"AFileOpenedForReadingIsNotChanged",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 4096, 'a');
       File* r = s.Open("f", OpenMode::kRead);
       s.Write(r, 0, 4096, 'b');
       s.Allocate(r, 8192);
       s.Truncate(r, 0);
       s.Sync(r);
       s.Read(r, 0, 8192);
     },
     R"(
create f: OK
write 0+4096: 4096
open f: OK
write 0+4096: EBADF
allocate 8192: EBADF
truncate 0: EBADF
sync: OK
read 0+8192: 4096 a4096
)"},
    {"TwoHandlesSeeOneFile",
     [](Story& s) {
       File* a = s.Create("f");
       File* b = s.Open("f", OpenMode::kReadWrite);
       s.Write(a, 0, 4096, 'a');
       s.Read(b, 0, 4096);
       s.Write(b, 4096, 4096, 'b');
       s.Read(a, 0, 8192);
     },
     R"(
create f: OK
open f: OK
write 0+4096: 4096
read 0+4096: 4096 a4096
write 4096+4096: 4096
read 0+8192: 8192 a4096 b4096
)"},
    {"LargeTransfersComeWhole",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 1 << 20);
       s.Write(f, 0, 1 << 20, 'a');
       s.Read(f, 4096, (1 << 20) - 4096);
     },
     R"(
create f: OK
allocate 1048576: OK
write 0+1048576: 1048576
read 4096+1044480: 1044480 a1044480
)"},
    {"MemoryOutsideTheArenaServesAsWell",
     [](Story& s) {
       File* f = s.Open("f", OpenMode::kCreate, /*direct=*/false);
       std::vector<std::byte> bytes(5000, std::byte{'h'});
       Request write = Request::Write(f, 0, bytes);
       s.Say("write", s.queue()->Run(&write));
       std::vector<std::byte> back(5000);
       Request read = Request::Read(f, 0, back);
       s.Say("read", s.queue()->Run(&read));
       s.Say(Story::Runs(back));
     },
     R"(
create f: OK
write: OK
read: OK
h5000
)"},
    {"ASyncCoversWhatCompleted",
     [](Story& s) {
       File* f = s.Create("f");
       s.Sync(f);
       s.Write(f, 0, 4096, 'a');
       s.Write(f, 4096, 4096, 'a');
       s.Say("token " + std::to_string(f->Completed().writes()));
       s.Sync(f);
       s.Say("syncs " + std::to_string(s.queue()->stats().syncs));
     },
     R"(
create f: OK
sync: OK
write 0+4096: 4096
write 4096+4096: 4096
token 2
sync: OK
syncs 2
)"},
    {"AFailedWriteIsInNoToken",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 1, 4096, 'a');
       s.Say("token " + std::to_string(f->Completed().writes()));
     },
     R"(
create f: OK
write 1+4096: EINVAL
token 0
)"},
};

constexpr StoryCase kSizeStories[] = {
    {"AllocateSetsTheSizeAndReadsAsZero",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 16384);
       s.Size(f);
       s.Read(f, 0, 20480);
       s.Write(f, 4096, 4096, 'a');
       s.Size(f);
       s.Read(f, 0, 16384);
     },
     R"(
create f: OK
allocate 16384: OK
size: 16384
read 0+20480: 16384 .16384
write 4096+4096: 4096
size: 16384
read 0+16384: 16384 .4096 a4096 .8192
)"},
    {"AllocateKeepsWhatIsThere",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 8192, 'a');
       s.Allocate(f, 12288);
       s.Read(f, 0, 16384);
       s.Allocate(f, 4096);
       s.Size(f);
       s.Read(f, 0, 16384);
     },
     R"(
create f: OK
write 0+8192: 8192
allocate 12288: OK
read 0+16384: 12288 a8192 .4096
allocate 4096: OK
size: 12288
read 0+16384: 12288 a8192 .4096
)"},
    {"TruncateCutsAndGrows",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 12288, 'a');
       s.Truncate(f, 4096);
       s.Size(f);
       s.Truncate(f, 12288);
       s.Size(f);
       s.Read(f, 0, 12288);
       s.Truncate(f, 0);
       s.Size(f);
     },
     R"(
create f: OK
write 0+12288: 12288
truncate 4096: OK
size: 4096
truncate 12288: OK
size: 12288
read 0+12288: 12288 a4096 .8192
truncate 0: OK
size: 0
)"},
    {"BytesCutOffInsideAPageComeBackAsZero",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 4096, 'a');
       s.Truncate(f, 100);
       s.Truncate(f, 4096);
       s.Read(f, 0, 4096);
     },
     R"(
create f: OK
write 0+4096: 4096
truncate 100: OK
truncate 4096: OK
read 0+4096: 4096 a100 .3996
)"},
    {"TheSizeIsKeptOverCloseAndOpen",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 8192);
       s.Write(f, 0, 4096, 'a');
       s.Truncate(f, 5000);
       s.Sync(f);
       s.Close(f);
       f = s.Open("f", OpenMode::kRead);
       s.Size(f);
       s.Read(f, 0, 8192);
     },
     R"(
create f: OK
allocate 8192: OK
write 0+4096: 4096
truncate 5000: OK
sync: OK
open f: OK
size: 5000
read 0+8192: 5000 a4096 .904
)"},
};

// What cannot be told alike is left out. A full disk: no test may fill the machine's, and a quota's
// ENOSPC cannot be made on it; the simulated one is in sim_storage_test. Errors of the medium
// (EIO): only the simulated disk has them (sim_fault_effects_test). Reads that end inside a page
// are above.
constexpr StoryCase kFailureStories[] = {
    {"AWritePastTheLimitChangesNothing",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 8192, 'a');
       s.driver().limit_files(8192);
       s.Write(f, 8192, 4096, 'b');
       s.Write(f, 16384, 8192, 'b');
       s.Write(f, 4096, 8192, 'b');  // over it
       s.Size(f);
       s.Read(f, 0, 16384);
       s.Say("token " + std::to_string(f->Completed().writes()));
       s.Sync(f);
       s.driver().limit_files(UINT64_MAX);
       s.Write(f, 8192, 4096, 'b');
       s.Read(f, 0, 16384);
     },
     R"(
create f: OK
write 0+8192: 8192
write 8192+4096: EFBIG
write 16384+8192: EFBIG
write 4096+8192: EFBIG
size: 8192
read 0+16384: 8192 a8192
token 1
sync: OK
write 8192+4096: 4096
read 0+16384: 12288 a8192 b4096
)"},
    {"ABufferedWritePastTheLimitChangesNothing",
     [](Story& s) {
       File* f = s.Open("f", OpenMode::kCreate, /*direct=*/false);
       s.Write(f, 0, 100, 'a');
       s.driver().limit_files(100);
       s.Write(f, 100, 5, 'b');
       s.driver().limit_files(UINT64_MAX);
       s.Read(f, 0, 200);
     },
     R"(
create f: OK
write 0+100: 100
write 100+5: EFBIG
read 0+200: 100 a100
)"},
    {"SizesPastTheLimitAreRefused",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 8192);
       s.driver().limit_files(8192);
       s.Allocate(f, 16384);
       s.Truncate(f, 16384);
       s.driver().limit_files(UINT64_MAX);
       s.Size(f);
       s.Truncate(f, 16384);
     },
     R"(
create f: OK
allocate 8192: OK
allocate 16384: EFBIG
truncate 16384: EFBIG
size: 8192
truncate 16384: OK
)"},
    {"WritesThatFailComeBackAmongReadsThatDoNot",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 8192, 'a');
       s.driver().limit_files(8192);
       std::vector<Request> requests = {
           Request::Read(f, 0, s.Memory(4096)), Request::Write(f, 8192, s.Memory(4096, 'b')),
           Request::Read(f, 4096, s.Memory(4096)), Request::Write(f, 12288, s.Memory(4096, 'b')),
           Request::Allocate(f, 65536)};
       for (Request& request : requests) s.queue()->Submit(&request);
       (void)s.Collect(5);
       s.driver().limit_files(UINT64_MAX);
       for (const Request& request : requests) s.Say(Story::Outcome(request));
       s.Size(f);
     },
     R"(
create f: OK
write 0+8192: 8192
4096 a4096
EFBIG
4096 a4096
EFBIG
EFBIG
size: 8192
)"},
};

}  // namespace

std::span<const StoryCase> TransferStories() { return kTransferStories; }
std::span<const StoryCase> SizeStories() { return kSizeStories; }
std::span<const StoryCase> FailureStories() { return kFailureStories; }

}  // namespace treering::io
