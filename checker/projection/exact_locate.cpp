#include <algorithm>
#include <cmath>
#include <map>

#include "checker/projection/exact_state.h"
#include "checker/projection/mapped.h"
#include "reference/oracle.h"

namespace convcheck {
namespace {

using projection::Mapped;
using projection::Operand;

// Row-major order.
struct Before {
  bool operator()(const Index& a, const Index& b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  }
};

// One product of a position: where the carrier of the letter that is not projected stands for that
// letter's first index, and the number of the other operand's plane that it meets.
struct Product {
  std::int64_t offset;
  std::uint64_t factor;
};

// The wrong indices of both letters in one position.
struct Suspects {
  std::int64_t place = 0;
  std::array<std::vector<std::int64_t>, 2> wrong;
  std::int64_t count() const {
    return static_cast<std::int64_t>(wrong[0].size() * wrong[1].size());
  }
};

std::vector<std::int64_t> all_indices(std::int64_t extent) {
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < extent; ++i) indices.push_back(i);
  return indices;
}

}  // namespace

// A plane says which positions are wrong. There, one letter at a time is un-projected: with all
// multipliers of n but one set to 0 the sums over k of the result and of the products tell whether
// image n is wrong, at the cost of one sum of products - all of them for what one bisection would
// cost, whose first half alone has to read as many elements. Wrong images and wrong filters of a
// position, together, are the suspects that the oracle is asked about. In a position whose
// projections differ some image does, and some element of that image: none can be lost.
class ExactLocator {
 public:
  ExactLocator(const ExactState& state, const TensorView& result, const LocateLimits& limits)
      : state_(state),
        result_(state.problem, result_operand(state.problem.direction), result),
        first_(state.problem, read_operands(state.problem.direction).first,
               state.operand(read_operands(state.problem.direction).first)),
        second_(state.problem, read_operands(state.problem.direction).second,
                state.operand(read_operands(state.problem.direction).second)),
        limits_(limits),
        extents_(projection::summed_extents(state.problem)) {}

  Located run() {
    const Compared compared = state_.compare(result_.view);
    Located located;
    located.positions = static_cast<std::int64_t>(state_.rounds[0].expected.size());
    located.mismatching = compared.mismatching;
    representable_ = compared.representable;
    located.complete = representable_ || add_unrepresentable();
    planes_.resize(state_.rounds.size());
    located.complete &= add_positions(compared);
    located.wrong = listed();
    return located;
  }

 private:
  // Of too many the first ones and the last.
  std::vector<WrongElement> listed() const {
    std::vector<WrongElement> list;
    for (const auto& [at, element] : wrong_) list.push_back(element);
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(limits_.elements, 2));
    if (list.size() > most) {
      list[most - 1] = list.back();
      list.resize(most);
    }
    return list;
  }

  bool full() const { return static_cast<std::int64_t>(wrong_.size()) >= limits_.elements; }
  bool exhausted() const { return full() || steps_ > limits_.steps; }

  bool is_representable(double value) const {
    return std::abs(value) <= state_.largest && std::nearbyint(value) == value;
  }

  // Elements that no right result should have, from the front and, when there are too many, the
  // last one. Returns whether these are all.
  bool add_unrepresentable() {
    const Shape& extents = result_.view.extents;
    Index at(extents.size(), 0);
    do {
      if (!is_representable(result_.view.at(at))) add_if_wrong(at);
    } while (!exhausted() && advance(at, extents));
    if (!exhausted()) return true;
    for (std::size_t axis = 0; axis < at.size(); ++axis) at[axis] = extents[axis] - 1;
    while (is_representable(result_.view.at(at))) {
      for (std::size_t axis = at.size(); axis-- > 0;) {
        if (at[axis]-- > 0) break;
        at[axis] = extents[axis] - 1;
      }
    }
    add_if_wrong(at);
    return false;
  }

  // First and last wrong element first, lest the limits leave only the beginning.
  bool add_positions(const Compared& compared) {
    std::vector<std::int64_t> places;
    for (std::size_t place = 0; place < compared.wrong.size(); ++place) {
      if (compared.wrong[place] != kRight) places.push_back(static_cast<std::int64_t>(place));
    }
    if (places.empty()) return true;
    const auto suspects = [&](std::int64_t place) {
      return suspects_of(place, compared.wrong[static_cast<std::size_t>(place)]);
    };
    const Suspects front = suspects(places.front());
    const Suspects back = places.size() > 1 ? suspects(places.back()) : front;
    add_first(front);
    add_last(back);
    for (const std::int64_t place : places) {
      const bool known = place == front.place || place == back.place;
      if (exhausted()) return false;
      if (!add_suspects(place == front.place ? front : known ? back : suspects(place))) {
        return false;
      }
    }
    return true;
  }

  void add_first(const Suspects& of) {
    for (const std::int64_t a : of.wrong[0]) {
      for (const std::int64_t b : of.wrong[1]) {
        if (add_if_wrong(of, a, b)) return;
      }
    }
    for (const std::int64_t a : of.wrong[0]) {
      for (std::int64_t b = 0; b < extents_[1]; ++b) {
        if (add_if_wrong(of, a, b)) return;
      }
    }
  }

  void add_last(const Suspects& of) {
    for (auto a = of.wrong[0].rbegin(); a != of.wrong[0].rend(); ++a) {
      for (auto b = of.wrong[1].rbegin(); b != of.wrong[1].rend(); ++b) {
        if (add_if_wrong(of, *a, *b)) return;
      }
      if (exhausted()) return;
    }
  }

  // Returns whether all were looked at.
  bool add_suspects(const Suspects& of) {
    bool found = false;
    for (const std::int64_t a : of.wrong[0]) {
      for (const std::int64_t b : of.wrong[1]) {
        if (exhausted()) return false;
        found |= add_if_wrong(of, a, b);
      }
    }
    // An element that is no integer may hide in a position; it is in the list already.
    if (found || (of.count() == 0 && !representable_)) return true;
    add_first(of);
    return false;
  }

  bool add_if_wrong(const Suspects& of, std::int64_t a, std::int64_t b) {
    return add_if_wrong(result_.element(of.place, {a, b}));
  }

  bool add_if_wrong(const Index& at) {
    const Sum right = result_at(state_.problem, state_.operands, at);
    const double got = result_.view.at(at);
    steps_ += right.terms + 1;
    if (got == right.value) return false;
    wrong_.insert({at, {at, right.value, got}});
    return true;
  }

  Suspects suspects_of(std::int64_t place, std::size_t round) {
    Suspects suspects;
    suspects.place = place;
    for (int letter = 0; letter < 2; ++letter) {
      const auto extent = extents_[static_cast<std::size_t>(letter)];
      suspects.wrong[static_cast<std::size_t>(letter)] =
          extent == 1 ? all_indices(1) : wrong_indices(place, round, letter);
    }
    return suspects;
  }

  // The indices of one letter whose own projection over the other letter differs.
  std::vector<std::int64_t> wrong_indices(std::int64_t place, std::size_t round, int letter) {
    const Mapped& carrier = first_.has(letter) ? first_ : second_;
    const std::vector<Product> products = products_of(place, round, first_.has(letter));
    const std::int64_t step = carrier.step(letter);
    std::vector<std::int64_t> wrong;
    const std::int64_t extent = extents_[static_cast<std::size_t>(letter)];
    for (std::int64_t index = 0; index < extent; ++index) {
      std::uint64_t difference = projected_result(place, round, letter, index);
      for (const Product& product : products) {
        difference -= product.factor * integer(carrier.view, product.offset + index * step);
      }
      if (difference != 0) wrong.push_back(index);
    }
    steps_ += (extent + 8) * products_;
    return wrong;
  }

  std::vector<Product> products_of(std::int64_t place, std::size_t round, bool first_carries) {
    if (planes_[round].first.empty() && planes_[round].second.empty()) {
      planes_[round] = state_.projected_operands(state_.rounds[round]);
    }
    const Mapped& carrier = first_carries ? first_ : second_;
    const Mapped& other = first_carries ? second_ : first_;
    const auto& plane = first_carries ? planes_[round].second : planes_[round].first;
    const auto index = [](const Mapped& of, const Tap& tap) {
      return of.operand == Operand::X ? tap.x : of.operand == Operand::W ? tap.w : tap.y;
    };
    std::vector<Product> products;
    for_each_tap(state_.problem, result_.element(place, {0, 0}), [&](const Tap& tap) {
      products.push_back({carrier.view.offset(index(carrier, tap)),
                          plane[static_cast<std::size_t>(other.place(index(other, tap)))]});
    });
    products_ = static_cast<std::int64_t>(products.size()) + 1;
    return products;
  }

  std::uint64_t projected_result(std::int64_t place, std::size_t round, int letter,
                                 std::int64_t index) const {
    const int other = 1 - letter;
    std::array<std::int64_t, 2> summed{};
    summed[static_cast<std::size_t>(letter)] = index;
    const std::int64_t start = result_.view.offset(result_.element(place, summed));
    const std::int64_t step = result_.step(other);
    const auto& multipliers = state_.rounds[round].multipliers[static_cast<std::size_t>(other)];
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < multipliers.size(); ++i) {
      sum += multipliers[i] * integer(result_.view, start + static_cast<std::int64_t>(i) * step);
    }
    return sum;
  }

  // What cannot be one counts as 0.
  static std::uint64_t integer(const TensorView& view, std::int64_t offset) {
    const auto bytes = static_cast<std::int64_t>(size_of(view.type));
    const double value = load(view.type, static_cast<const std::byte*>(view.data) + offset * bytes);
    const bool fits = std::abs(value) <= 0x1p53;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(fits ? value : 0));
  }

  const ExactState& state_;
  Mapped result_, first_, second_;
  LocateLimits limits_;
  std::array<std::int64_t, 2> extents_;
  std::vector<ExactState::Planes> planes_;
  std::map<Index, WrongElement, Before> wrong_;
  bool representable_ = true;
  std::int64_t steps_ = 0, products_ = 1;
};

Located ExactProjection::locate(const TensorView& result, const LocateLimits& limits) const {
  return ExactLocator(*state_, result, limits).run();
}

}  // namespace convcheck
