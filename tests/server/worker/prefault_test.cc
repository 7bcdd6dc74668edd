// How the pages of a version come into a worker's memory, told by the kernel.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/server/testing/calls.h"
#include "tests/server/testing/cluster.h"

namespace annod {
namespace {

// Some 40 MB: a page that is touched brings its neighbours with it, on some
// kernels the 2 MB around it.
constexpr int kDim = 1024;
constexpr int kItems = 10000;

// Kilobytes of the mapping of a forest in a process.
struct MappingSize {
  int64_t size = 0;
  int64_t resident = 0;
  int64_t locked = 0;
};

MappingSize ForestMapping(pid_t pid) {
  std::ifstream smaps(absl::StrCat("/proc/", pid, "/smaps"));
  MappingSize result;
  bool inside = false;
  int64_t size = 0;
  std::string line;
  while (std::getline(smaps, line)) {
    std::istringstream words(line);
    std::string first;
    int64_t value = 0;
    words >> first;
    // A field is "Rss:", a mapping begins with its addresses.
    if (first.back() != ':') {
      inside = line.find("forest.ann") != std::string::npos;
    } else if (inside && first == "VmFlags:") {
      // "Locked:" would be this process's share: the writer maps it too.
      if (line.find(" lo") != std::string::npos) result.locked += size;
    } else if (inside && words >> value) {
      if (first == "Size:") result.size += size = value;
      if (first == "Rss:") result.resident += value;
    }
  }
  return result;
}

class PrefaultTest : public testing::Test {
 protected:
  void Start() {
    cluster_.StartAll();
    ExpectOk(CreateIndex(&cluster_, "a", kDim, v1::METRIC_EUCLIDEAN));
    // Pages that are read while a version is checked stay mapped: a version is
    // checked once, by the writer, and workers trust it.
    ExpectOk(AddRandomItems(&cluster_, "a", kDim, 0, kItems));
    v1::BuildRequest build;
    build.set_index("a");
    build.set_tree_count(1);
    build.set_no_graph(true);
    ExpectOk(Build(&cluster_, build, nullptr));
  }

  static void ExpectOk(const grpc::Status& status) {
    EXPECT_TRUE(status.ok()) << Describe(status);
  }

  v1::IndexInfo SetPrefault(v1::Prefault prefault) {
    v1::UpdateSettingsRequest request;
    request.set_index("a");
    request.set_prefault(prefault);
    v1::UpdateSettingsResponse response;
    ExpectOk(
        cluster_.admin()->UpdateSettings(Context().get(), request, &response));
    v1::IndexInfo info;
    ExpectOk(Info(&cluster_, "a", &info));
    EXPECT_EQ(info.prefault(), prefault);
    EXPECT_EQ(info.state(), v1::INDEX_STATE_SERVING);
    return info;
  }

  // The old mapping goes away a moment after the new one serves.
  MappingSize OneMapping() {
    MappingSize mapping;
    EXPECT_TRUE(Eventually([&] {
      mapping = ForestMapping(cluster_.WorkerPid(0));
      return mapping.size > 0 && mapping.size < 2 * kItems * kDim * 4 / 1024;
    })) << mapping.size;
    return mapping;
  }

  Cluster cluster_{/*workers=*/1};
};

TEST_F(PrefaultTest, PopulatedAndLockedPagesAreThereBeforeTheFirstQuery) {
  Start();
  SetPrefault(v1::PREFAULT_NONE);
  MappingSize mapping = OneMapping();
  EXPECT_LT(mapping.resident, mapping.size / 2);
  EXPECT_EQ(mapping.locked, 0);
  SetPrefault(v1::PREFAULT_POPULATE);
  mapping = OneMapping();
  EXPECT_EQ(mapping.resident, mapping.size);
  EXPECT_EQ(mapping.locked, 0);
  const v1::IndexInfo info = SetPrefault(v1::PREFAULT_LOCK);
  mapping = OneMapping();
  EXPECT_EQ(mapping.resident, mapping.size);
  if (info.state_reason().empty()) {
    EXPECT_EQ(mapping.locked, mapping.size);
  } else {
    EXPECT_EQ(mapping.locked, 0);  // where nobody may lock this much
  }
  // Advised is enough beside a version that serves: this one waits for its
  // pages.
  SetPrefault(v1::PREFAULT_ADVISE);
  mapping = OneMapping();
  EXPECT_EQ(mapping.resident, mapping.size);
  EXPECT_EQ(mapping.locked, 0);
}

TEST_F(PrefaultTest, WhatMayNotBeLockedIsPopulatedAndSaysSo) {
  // For this process and the children it starts.
  const rlimit none = {4096, 4096};
  ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
  prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0);  // fails if it is not there
  Start();
  const v1::IndexInfo info = SetPrefault(v1::PREFAULT_LOCK);
  EXPECT_NE(info.state_reason().find("RLIMIT_MEMLOCK"), std::string::npos)
      << info.state_reason();
  const MappingSize mapping = OneMapping();
  EXPECT_EQ(mapping.locked, 0);
  EXPECT_EQ(mapping.resident, mapping.size);
  v1::GetNnsResponse response;
  ExpectOk(GetNns(&cluster_, ItemQuery("a", 7, 1), &response));
  EXPECT_EQ(response.results(0).ids(0), 7);
}

}  // namespace
}  // namespace annod
