#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace muster::sim {

/// A file with this content, gone with the object.
class TempFile {
 public:
  explicit TempFile(const std::string& content, bool compressed = false) {
    path_ = testing::TempDir() + "muster-sim-test-XXXXXX";
    close(mkstemp(path_.data()));
    if (compressed) {
      gzFile file = gzopen(path_.c_str(), "wb");
      gzwrite(file, content.data(), static_cast<unsigned>(content.size()));
      gzclose(file);
    } else {
      std::ofstream(path_) << content;
    }
  }
  ~TempFile() { std::remove(path_.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace muster::sim
