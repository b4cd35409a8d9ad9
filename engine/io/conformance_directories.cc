// Stories about directories, names, locks and mapped files.
#include <cstring>
#include <string>
#include <vector>

#include "engine/io/conformance.h"

namespace treering::io {
namespace {

std::span<const std::byte> BytesOf(const char* text) {
  return {reinterpret_cast<const std::byte*>(text), std::strlen(text)};
}

std::string LoadText(const MappedFile& map, uint64_t offset, size_t bytes) {
  std::string text(bytes, '?');
  map.Load(offset, {reinterpret_cast<std::byte*>(text.data()), bytes});
  return text;
}

void SayInfo(Story& s, const std::string& name) {
  const Result<FileInfo> info = s.directory()->Stat(name);
  if (!info.ok()) return s.Say("stat " + name, info.status());
  s.Say("stat " + name + ": " +
        (!info->exists        ? "none"
         : info->is_directory ? "directory"
                              : "file of " + std::to_string(info->size)));
}

constexpr StoryCase kDirectoryStories[] = {
    {"AMissingDirectoryIsNotFound",
     [](Story& s) {
       s.Say("open", s.disk()->OpenDirectory(s.path() + "/none", false).status());
       s.Say("create below", s.disk()->OpenDirectory(s.path() + "/none/more", true).status());
       s.Say("remove", s.disk()->RemoveDirectory(s.path() + "/none"));
       s.Say("create", s.disk()->OpenDirectory(s.path() + "/none", true).status());
       s.Say("again", s.disk()->OpenDirectory(s.path() + "/none", true).status());
       s.Say("open", s.disk()->OpenDirectory(s.path() + "/none", false).status());
     },
     R"(
open: NotFound
create below: NotFound
remove: NotFound
create: OK
again: OK
open: OK
)"},
    {"AFileIsNoDirectory",
     [](Story& s) {
       s.Create("f");
       s.Say("open", s.disk()->OpenDirectory(s.path() + "/f", false).status());
       s.Say("create", s.disk()->OpenDirectory(s.path() + "/f", true).status());
     },
     R"(
create f: OK
open: InvalidArgument
create: InvalidArgument
)"},
    {"OnlyEmptyDirectoriesAreRemoved",
     [](Story& s) {
       auto inner = s.disk()->OpenDirectory(s.path() + "/d", true);
       s.Say("create d", inner.status());
       s.Say("file", (*inner)->Open("f", {.mode = OpenMode::kCreate}).status());
       s.Say("remove", s.disk()->RemoveDirectory(s.path() + "/d"));
       s.Say("unlink", (*inner)->Unlink("f"));
       s.Say("remove", s.disk()->RemoveDirectory(s.path() + "/d"));
       s.List();
     },
     R"(
create d: OK
file: OK
remove: InvalidArgument
unlink: OK
remove: OK
list:
)"},
    {"IdentityIsKept",
     [](Story& s) {
       auto again = s.disk()->OpenDirectory(s.path(), false);
       const bool same = (*again)->device() == s.directory()->device() &&
                         (*again)->inode() == s.directory()->inode();
       s.Say(same ? "same" : "other");
       auto other = s.disk()->OpenDirectory(s.path() + "/d", true);
       s.Say((*other)->inode() == s.directory()->inode() ? "same" : "other");
       s.Say((*again)->path() == s.path() ? "same path" : "other path");
     },
     R"(
same
other
same path
)"},
    {"ListIsSorted",
     [](Story& s) {
       s.List();
       for (const char* name : {"b", "a", "C", "10", "9", "b0"}) s.Create(name);
       (void)s.disk()->OpenDirectory(s.path() + "/d", true).ok();
       s.List();
     },
     R"(
list:
create b: OK
create a: OK
create C: OK
create 10: OK
create 9: OK
create b0: OK
list: 10 9 C a b b0 d
)"},
    {"StatTellsWhatThereIs",
     [](Story& s) {
       SayInfo(s, "f");
       File* f = s.Create("f");
       s.Write(f, 0, 4096, 'a');
       (void)s.disk()->OpenDirectory(s.path() + "/d", true).ok();
       SayInfo(s, "f");
       SayInfo(s, "d");
       const Result<FileInfo> info = s.directory()->Stat("f");
       s.Say(info->device == s.directory()->device() ? "same device" : "other device");
     },
     R"(
stat f: none
create f: OK
write 0+4096: 4096
stat f: file of 4096
stat d: directory
same device
)"},
    {"RenameReplaces",
     [](Story& s) {
       File* a = s.Create("a");
       File* b = s.Create("b");
       s.Write(a, 0, 4096, 'a');
       s.Write(b, 0, 8192, 'b');
       s.Say("rename", s.directory()->Rename("a", "b"));
       s.List();
       File* c = s.Open("b", OpenMode::kRead);
       s.Read(c, 0, 8192);
       s.Read(b, 0, 8192);  // still there for who had it open
       s.Say("rename", s.directory()->Rename("a", "c"));
     },
     R"(
create a: OK
create b: OK
write 0+4096: 4096
write 0+8192: 8192
rename: OK
list: b
open b: OK
read 0+8192: 4096 a4096
read 0+8192: 8192 b8192
rename: NotFound
)"},
    {"AnUnlinkedFileLivesWhileOpen",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 4096, 'a');
       s.Say("unlink", s.directory()->Unlink("f"));
       s.List();
       s.Read(f, 0, 4096);
       s.Write(f, 0, 4096, 'b');
       s.Read(f, 0, 4096);
       s.Say("unlink", s.directory()->Unlink("f"));
       File* g = s.Create("f");
       s.Size(g);
     },
     R"(
create f: OK
write 0+4096: 4096
unlink: OK
list:
read 0+4096: 4096 a4096
write 0+4096: 4096
read 0+4096: 4096 b4096
unlink: NotFound
create f: OK
size: 0
)"},
    {"ALinkIsASecondName",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 4096, 'a');
       auto other = s.disk()->OpenDirectory(s.path() + "/d", true);
       s.Say("link", s.directory()->Link("f", other->get(), "g"));
       s.Say("again", s.directory()->Link("f", other->get(), "g"));
       s.Say("none", s.directory()->Link("x", other->get(), "h"));
       s.Say("unlink", s.directory()->Unlink("f"));
       auto g = (*other)->Open("g", {.mode = OpenMode::kRead});
       s.Say("open g", g.status());
       s.Read(g->get(), 0, 4096);
     },
     R"(
create f: OK
write 0+4096: 4096
link: OK
again: InvalidArgument
none: NotFound
unlink: OK
open g: OK
read 0+4096: 4096 a4096
)"},
    {"AFileOfTwoNamesIsNotOpenedForWriting",
     [](Story& s) {
       s.Create("f");
       s.Say("link", s.directory()->Link("f", s.directory(), "g"));
       s.Open("f", OpenMode::kRead);
       s.Open("f", OpenMode::kReadWrite);
       s.Say("map", s.directory()->Map("g", 4096, false).status());
       s.Say("unlink", s.directory()->Unlink("g"));
       s.Open("f", OpenMode::kReadWrite);
     },
     R"(
create f: OK
link: OK
open f: OK
open f: InvalidArgument
map: InvalidArgument
unlink: OK
open f: OK
)"},
    {"SyncAndFreeSpace",
     [](Story& s) {
       s.Create("f");
       s.Say("sync", s.directory()->Sync());
       const Result<uint64_t> bytes = s.directory()->FreeBytes();
       s.Say("free", bytes.status());
       s.Say(bytes.ok() && *bytes > 0 ? "some" : "none");
     },
     R"(
create f: OK
sync: OK
free: OK
some
)"},
    {"AMappedFileIsKept",
     [](Story& s) {
       File* f = s.Create("tail");
       s.Allocate(f, 8192);
       auto map = s.directory()->Map("tail", 8192, false);
       s.Say("map", map.status());
       s.Say("size " + std::to_string((*map)->size()));
       (*map)->Store(4000, BytesOf("a record"));
       s.Say(LoadText(**map, 4000, 8));
       (*map)->Store(4002, BytesOf("RE"));
       map->reset();
       map = s.directory()->Map("tail", 8192, false);
       s.Say(LoadText(**map, 4000, 8));
       s.Say(std::string(reinterpret_cast<const char*>((*map)->data()) + 4002, 6));
       s.Say("first byte " + std::to_string(static_cast<int>((*map)->data()[0])));
     },
     R"(
create tail: OK
allocate 8192: OK
map: OK
size 8192
a record
a REcord
REcord
first byte 0
)"},
    {"WhatIsMappedIsInTheFile",
     [](Story& s) {
       File* f = s.Open("tail", OpenMode::kCreate, /*direct=*/false);
       s.Truncate(f, 4096);
       auto map = s.directory()->Map("tail", 4096, false);
       (*map)->Store(0, BytesOf("xxxx"));
       s.Read(f, 0, 8);
     },
     R"(
create tail: OK
truncate 4096: OK
read 0+8: 8 x4 .4
)"},
    {"NoMoreIsMappedThanThereIs",
     [](Story& s) {
       File* f = s.Create("tail");
       s.Say("none", s.directory()->Map("other", 4096, false).status());
       s.Say("empty", s.directory()->Map("tail", 4096, false).status());
       s.Allocate(f, 4096);
       s.Say("longer", s.directory()->Map("tail", 8192, false).status());
       s.Say("nothing", s.directory()->Map("tail", 0, false).status());
       s.Say("right", s.directory()->Map("tail", 4096, false).status());
     },
     R"(
create tail: OK
none: NotFound
empty: InvalidArgument
allocate 4096: OK
longer: InvalidArgument
nothing: InvalidArgument
right: OK
)"},
};

constexpr StoryCase kNameStories[] = {
    {"AMissingFileIsNotFound",
     [](Story& s) {
       s.Open("f", OpenMode::kRead);
       s.Open("f", OpenMode::kReadWrite);
       s.List();
     },
     R"(
open f: NotFound
open f: NotFound
list:
)"},
    {"CreateIsExclusive",
     [](Story& s) {
       s.Create("f");
       s.Create("f");
       (void)s.disk()->OpenDirectory(s.path() + "/d", true).ok();
       s.Create("d");
     },
     R"(
create f: OK
create f: InvalidArgument
create d: InvalidArgument
)"},
    {"NamesAreSingleComponents",
     [](Story& s) {
       s.Create("f");
       for (const std::string& name :
            {std::string("../x"), std::string("a/b"), std::string(""), std::string("."),
             std::string(".."), std::string("/x"), std::string("a\0b", 3), std::string(256, 'n')}) {
         auto opened = s.directory()->Open(name, {.mode = OpenMode::kCreate});
         s.Say("create", opened.status());
         const Status others[] = {s.directory()->Stat(name).status(),
                                  s.directory()->Unlink(name),
                                  s.directory()->Rename("f", name),
                                  s.directory()->Rename(name, "g"),
                                  s.directory()->Link("f", s.directory(), name),
                                  s.directory()->Map(name, 4096, false).status()};
         for (const Status& status : others) EXPECT_TRUE(status.IsInvalidArgument()) << name;
       }
       const auto longest = s.directory()->Open(std::string(255, 'n'), {.mode = OpenMode::kCreate});
       s.Say("create the longest", longest.status());
     },
     R"(
create f: OK
create: InvalidArgument
create: InvalidArgument
create: InvalidArgument
create: InvalidArgument
create: InvalidArgument
create: InvalidArgument
create: InvalidArgument
create: InvalidArgument
create the longest: OK
)"},
    {"ADirectoryIsNoFile",
     [](Story& s) {
       (void)s.disk()->OpenDirectory(s.path() + "/d", true).ok();
       s.Open("d", OpenMode::kRead);
       s.Open("d", OpenMode::kReadWrite);
       s.Say("unlink", s.directory()->Unlink("d"));
     },
     R"(
open d: InvalidArgument
open d: InvalidArgument
unlink: InvalidArgument
)"},
    {"ALockIsExclusive",
     [](Story& s) {
       File* f = s.Open("f", OpenMode::kCreate, true, /*lock=*/true);
       s.Open("f", OpenMode::kReadWrite, true, /*lock=*/true);
       s.Open("f", OpenMode::kRead, true, /*lock=*/true);
       s.Open("f", OpenMode::kRead);  // who asks for no lock needs none
       s.Allocate(f, 4096);
       s.Say("map", s.directory()->Map("f", 4096, /*lock=*/true).status());
       s.Close(f);
       s.Open("f", OpenMode::kReadWrite, true, /*lock=*/true);
     },
     R"(
create f: OK
open f: Busy
open f: Busy
open f: OK
allocate 4096: OK
map: Busy
open f: OK
)"},
    {"AMappedFileHoldsItsLock",
     [](Story& s) {
       s.Allocate(s.Create("f"), 4096);
       auto map = s.directory()->Map("f", 4096, /*lock=*/true);
       s.Say("map", map.status());
       s.Open("f", OpenMode::kReadWrite, true, /*lock=*/true);
       map->reset();
       s.Open("f", OpenMode::kReadWrite, true, /*lock=*/true);
     },
     R"(
create f: OK
allocate 4096: OK
map: OK
open f: Busy
open f: OK
)"},
    {"SymbolicLinksAreNotFollowed",
     [](Story& s) {
       s.Create("f");
       s.driver().plant(s.path(), "link", Plant::kSymlink);
       s.Open("link", OpenMode::kRead);
       s.Open("link", OpenMode::kReadWrite);
       s.Create("link");
       s.Say("map", s.directory()->Map("link", 4096, false).status());
       s.List();
     },
     R"(
create f: OK
open link: InvalidArgument
open link: InvalidArgument
create link: InvalidArgument
map: InvalidArgument
list: f link
)",
     true},
    {"APlantedPipeStopsNobody",
     [](Story& s) {
       s.driver().plant(s.path(), "pipe", Plant::kPipe);
       s.Open("pipe", OpenMode::kRead);
       s.Open("pipe", OpenMode::kReadWrite);
       s.Say("map", s.directory()->Map("pipe", 4096, false).status());
     },
     R"(
open pipe: InvalidArgument
open pipe: InvalidArgument
map: InvalidArgument
)",
     true},
    {"ModesDoNotDependOnTheUmask",
     [](Story& s) {
       s.Create("f");
       s.Say("directory " + s.driver().mode_of(s.path(), ""));
       s.Say("file " + s.driver().mode_of(s.path(), "f"));
     },
     R"(
create f: OK
directory 0700
file 0600
)",
     false, true},
};

}  // namespace

std::span<const StoryCase> DirectoryStories() { return kDirectoryStories; }
std::span<const StoryCase> NameStories() { return kNameStories; }

}  // namespace treering::io
