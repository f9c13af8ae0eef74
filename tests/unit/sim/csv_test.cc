#include <gmock/gmock.h>

#include "muster/csv/csv_reader.h"
#include "temp_file.h"

namespace muster::csv {
namespace {

using sim::TempFile;

/// What the error says that reading throws.
template <class Read>
std::string error_of(Read read) {
  try {
    read();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(CsvReader, ReadsFieldsByTheNamesOfTheHeader) {
  const TempFile file("b,a\n1,x\r\n\n2.5,\"y, \"\"z\"\"\"\n");
  CsvReader csv(file.path());
  const std::size_t a = csv.column("a");
  const std::size_t b = csv.column("b");
  ASSERT_TRUE(csv.next());
  EXPECT_EQ(csv.text(a), "x");
  EXPECT_EQ(csv.number(b), 1);
  ASSERT_TRUE(csv.next());
  EXPECT_EQ(csv.text(a), "y, \"z\"");
  EXPECT_EQ(csv.number(b), 2.5);
  EXPECT_FALSE(csv.next());
}

TEST(CsvReader, ReadsGzip) {
  const TempFile file("a\n7\n", true);
  CsvReader csv(file.path());
  ASSERT_TRUE(csv.next());
  EXPECT_EQ(csv.number(0), 7);
  EXPECT_FALSE(csv.next());
}

TEST(CsvReader, AnErrorNamesFileLineAndColumn) {
  const TempFile file("a,b\n1,2\n3,x4\n");
  CsvReader csv(file.path());
  csv.next();
  csv.next();
  EXPECT_EQ(error_of([&] { csv.number(1); }), file.path() + ":3:3: b: \"x4\" is not a number");
}

TEST(CsvReader, ARowOfAnotherLengthIsRefused) {
  const TempFile file("a,b\n1,2,3\n");
  CsvReader csv(file.path());
  EXPECT_EQ(error_of([&] { csv.next(); }), file.path() + ":2:1: 3 fields, but the header has 2");
}

TEST(CsvReader, ACutOffGzipFileIsRefused) {
  std::string content = "a\n";
  for (int i = 0; i < 50000; ++i) content += std::to_string(i * 7919L % 100003) + "\n";
  const TempFile file(content, true);
  ASSERT_EQ(truncate(file.path().c_str(), 1000), 0);
  EXPECT_THAT(error_of([&] {
                CsvReader csv(file.path());
                while (csv.next()) {
                }
              }),
              testing::HasSubstr("the file is damaged: " + file.path()));
}

TEST(CsvReader, MissingFilesColumnsAndQuotesAreNamed) {
  EXPECT_THAT(error_of([] { CsvReader("/nowhere/x.csv"); }), testing::HasSubstr("/nowhere/x.csv: cannot be read"));
  const TempFile file("a\n\"open\n");
  CsvReader csv(file.path());
  EXPECT_EQ(error_of([&] { csv.column("z"); }), file.path() + ":1: there is no column \"z\"");
  EXPECT_EQ(error_of([&] { csv.next(); }), file.path() + ":2:1: the quote is not closed");
}

}  // namespace
}  // namespace muster::csv
