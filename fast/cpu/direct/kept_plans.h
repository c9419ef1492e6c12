// Plans of a thread's last problems, so that a repeated call makes none.
#pragma once

#include "fast/cpu/direct/plan.h"

namespace convcheck::cpu::direct {

// As make_plan(). The plan is the calling thread's, and is kept until the thread has asked for many
// others; nothing is allocated where it is there already.
const Plan& kept_plan(const ConvProblem& problem, const Operands& operands,
                      const DirectOptions& options, int threads);

}  // namespace convcheck::cpu::direct
