#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "i18n.h"

namespace muster::cli {

/// Tests whose texts are in English, and whose times are UTC.
class InEnglish : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    use_language(Language::kEnglish);
  }
};

/// Tests whose texts are in Chinese.
class InChinese : public testing::Test {
 protected:
  void SetUp() override { use_language(Language::kChinese); }
  void TearDown() override { use_language(Language::kEnglish); }
};

}  // namespace muster::cli
