#include "reference/data_type.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/unit/worked.h"

namespace convcheck {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double power(int exponent) { return std::ldexp(1.0, exponent); }

bool same(double a, double b) {
  return std::isnan(a) ? std::isnan(b) : a == b && std::signbit(a) == std::signbit(b);
}

TEST(F16, EveryPatternSurvivesARoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const double value = f16_value(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_EQ(f16_bits(value) & 0xfe00, (bits & 0x8000) | 0x7e00) << bits;
    } else {
      ASSERT_EQ(f16_bits(value), bits);
    }
  }
}

TEST(BF16, EveryPatternSurvivesARoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const double value = bf16_value(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_EQ(bf16_bits(value) & 0xffc0, (bits & 0x8000) | 0x7fc0) << bits;
    } else {
      ASSERT_EQ(bf16_bits(value), bits);
    }
  }
}

TEST(BF16, IsTheUpperHalfOfF32) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    ASSERT_TRUE(
        same(bf16_value(static_cast<std::uint16_t>(bits)), std::bit_cast<float>(bits << 16)))
        << bits;
  }
}

// Between two neighbours a < b (patterns next to one another): the middle goes to the even one, all
// else to the nearer.
template <class Bits, class Value>
void expect_nearest_even(std::uint16_t a, const Bits& bits, const Value& value) {
  const auto b = static_cast<std::uint16_t>(a + 1);
  const double low = value(a), high = std::isinf(value(b)) ? 2 * low - value(a - 1) : value(b);
  const double middle = low + (high - low) / 2;
  ASSERT_EQ(bits(middle), a % 2 == 0 ? a : b) << a;
  ASSERT_EQ(bits(std::nextafter(middle, low)), a);
  ASSERT_EQ(bits(std::nextafter(middle, high)), b);
  ASSERT_EQ(bits(-middle), (a % 2 == 0 ? a : b) | 0x8000);
}

TEST(F16, RoundsToNearestTiesToEvenAndBeyondTheLargestToInfinity) {
  for (std::uint16_t bits = 0; bits < 0x7c00; ++bits)
    expect_nearest_even(bits, f16_bits, f16_value);
}

TEST(BF16, RoundsToNearestTiesToEvenAndBeyondTheLargestToInfinity) {
  for (std::uint16_t bits = 0; bits < 0x7f80; ++bits) {
    expect_nearest_even(bits, bf16_bits, bf16_value);
  }
}

TEST(F16, Landmarks) {
  EXPECT_EQ(f16_bits(1), 0x3c00);
  EXPECT_EQ(f16_bits(-2), 0xc000);
  EXPECT_EQ(f16_bits(-0.0), 0x8000);
  EXPECT_EQ(f16_bits(65504), 0x7bff);
  EXPECT_EQ(f16_bits(65519.99), 0x7bff);
  EXPECT_EQ(f16_bits(65520), 0x7c00);
  EXPECT_EQ(f16_bits(std::numeric_limits<double>::max()), 0x7c00);
  EXPECT_EQ(f16_bits(-kInfinity), 0xfc00);
  EXPECT_EQ(f16_bits(power(-14)), 0x0400);
  EXPECT_EQ(f16_bits(power(-24)), 0x0001);
  EXPECT_EQ(f16_bits(power(-25)), 0x0000);
  EXPECT_EQ(f16_bits(std::nextafter(power(-25), 1)), 0x0001);
  EXPECT_EQ(f16_bits(std::numeric_limits<double>::denorm_min()), 0x0000);
  EXPECT_EQ(f16_bits(kNaN), 0x7e00);
  EXPECT_EQ(f16_bits(-kNaN), 0xfe00);
}

TEST(BF16, Landmarks) {
  EXPECT_EQ(bf16_bits(1), 0x3f80);
  EXPECT_EQ(bf16_bits(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(bf16_bits(power(-126)), 0x0080);
  EXPECT_EQ(bf16_bits(power(-133)), 0x0001);
  EXPECT_EQ(bf16_bits(power(-134)), 0x0000);
  EXPECT_EQ(bf16_bits(kNaN), 0x7fc0);
}

// Once from f64, not by way of f32: 1 + 2^-11 + 2^-40 is above the middle of two f16, but its f32
// is the middle.
TEST(F16, RoundsOnce) {
  EXPECT_EQ(f16_bits(1 + power(-11)), 0x3c00);
  EXPECT_EQ(f16_bits(1 + power(-11) + power(-40)), 0x3c01);
  EXPECT_EQ(bf16_bits(1 + power(-8) + power(-40)), 0x3f81);
}

#ifdef __FLT16_MAX__
TEST(F16, AgreesWithTheCompiler) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto theirs = std::bit_cast<_Float16>(static_cast<std::uint16_t>(bits));
    ASSERT_TRUE(same(f16_value(static_cast<std::uint16_t>(bits)), static_cast<double>(theirs)))
        << bits;
  }
  // Steps that are no power of two, over the whole range and beyond it.
  for (double value = 1e-9; value < 1e6; value *= 1.00037) {
    for (const double signed_value : {value, -value}) {
      const auto theirs = static_cast<_Float16>(static_cast<float>(signed_value));
      ASSERT_EQ(f16_bits(static_cast<float>(signed_value)), std::bit_cast<std::uint16_t>(theirs))
          << signed_value;
    }
  }
}
#endif

TEST(DataType, EveryTypeStoresAndLoadsItsValuesWithoutAlignment) {
  for (const DataType type : kAllDataTypes) {
    alignas(8) unsigned char memory[24] = {};
    for (const double value : {0.0, -0.0, 1.0, -1.5, 96.0, kInfinity, -kInfinity, kNaN}) {
      store(type, memory + 1, value);
      EXPECT_TRUE(same(load(type, memory + 1), value)) << to_string(type) << " " << value;
      EXPECT_EQ(memory[0], 0);
      EXPECT_EQ(memory[1 + size_of(type)], 0);
    }
  }
}

TEST(DataType, SignificandBitsAreThePrecision) {
  for (const DataType type : kAllDataTypes) {
    const double limit = power(significand_bits(type));
    EXPECT_EQ(rounded(type, limit - 1), limit - 1) << to_string(type);
    EXPECT_EQ(rounded(type, limit), limit);
    EXPECT_EQ(unit_roundoff(type), 1 / limit);
    // The middle between 1 and its successor goes to 1.
    EXPECT_EQ(rounded(type, 1 + unit_roundoff(type)), 1);
    EXPECT_EQ(rounded(type, 1 + 2 * unit_roundoff(type)), 1 + 2 * unit_roundoff(type));
  }
}

TEST(DataType, NamesAreReadBack) {
  for (const DataType type : kAllDataTypes) EXPECT_EQ(parse_data_type(to_string(type)), type);
  for (const char* text : {"", "f8", "F32", "f32 ", "float32", "tf32"}) {
    expect_refused([&] { parse_data_type(text); }, ErrorKind::DataType, "data type", text);
  }
}

TEST(DataType, SizesAreBytes) {
  EXPECT_EQ(size_of(DataType::F64), 8u);
  EXPECT_EQ(size_of(DataType::F32), 4u);
  EXPECT_EQ(size_of(DataType::F16), 2u);
  EXPECT_EQ(size_of(DataType::BF16), 2u);
}

}  // namespace
}  // namespace convcheck
