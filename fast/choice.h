// What was chosen for a call, for those who want to know: the profile.
#pragma once

#include <string>

namespace convcheck {

struct Choice {
  std::string backend = {}, why = {};
  double seconds = 0;  // that choosing took: measuring, verifying
};

// While one of these lives, the choices of this thread are noted in `choice`.
class ChoiceListener {
 public:
  explicit ChoiceListener(Choice& choice) : before_(current()) { current() = &choice; }
  ~ChoiceListener() { current() = before_; }
  ChoiceListener(const ChoiceListener&) = delete;
  ChoiceListener& operator=(const ChoiceListener&) = delete;

  // Null when nobody listens.
  static Choice*& current() {
    thread_local Choice* choice = nullptr;
    return choice;
  }

 private:
  Choice* before_;
};

}  // namespace convcheck
