#include "core/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace annod {
namespace {

TEST(Utf8Test, AcceptsTheBoundsOfEveryLength) {
  EXPECT_TRUE(IsValidUtf8(""));
  EXPECT_TRUE(IsValidUtf8("plain"));
  EXPECT_TRUE(IsValidUtf8(std::string("nul\0inside", 10)));
  EXPECT_TRUE(IsValidUtf8("\xC2\x80 \xDF\xBF"));
  EXPECT_TRUE(IsValidUtf8("\xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80"));
  EXPECT_TRUE(IsValidUtf8("\xEF\xBF\xBF"));
  EXPECT_TRUE(IsValidUtf8("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
}

TEST(Utf8Test, RefusesMalformedText) {
  const char* const kBad[] = {
      "\x80",              // continuation alone
      "\xC3",              // cut
      "\xC0\xAF",          // long form
      "\xE0\x9F\xBF",      // long form
      "\xE2\x82",          // cut
      "\xED\xA0\x80",      // surrogate
      "\xF0\x8F\xBF\xBF",  // long form
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF5\x80\x80\x80",  // no such lead
      "\xFF",              // no such lead
      "\xC3(",             // lead without continuation
      "\xE2\x82(",         // second continuation missing
  };
  for (const char* text : kBad) {
    EXPECT_FALSE(IsValidUtf8(text)) << ForMessage(text);
  }
}

TEST(Utf8Test, ForMessageEscapesAndCuts) {
  EXPECT_EQ(ForMessage("ab\n"), "ab\\n");
  EXPECT_EQ(ForMessage("abcdef", 3), "abc...");
  EXPECT_EQ(ForMessage("say \"Z\u00fcrich\""), "say \"Z\u00fcrich\"");
  EXPECT_EQ(ForMessage("Z\u00fcrich", 2), "Z...");
  EXPECT_EQ(ForMessage("Z\xfcrich"), "Z\\xfcrich");
}

}  // namespace
}  // namespace annod
