// Intel's oneDNN as a backend: a peer to measure ours by, and a released library for the suite to
// judge.
//
// Operands are passed as they lie in memory; nothing is copied or reordered here, so that what is
// judged is oneDNN alone. It gets the direct algorithm, and for the padding behind the input what
// the windows use of it: less than the problem's where windows leave a tail unused, and negative
// where they leave a part of the input. benchdnn passes the same.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// Ranks 1 to 3, host memory, the types that this oneDNN has kernels for on this machine. Refuses,
// with the reason: true convolution with filters of more than one tap (oneDNN cross-correlates, and
// its memory has no negative strides with which to read filters backwards), unshared filters,
// negative strides, f64, and what would take oneDNN's reference loops more than 10^11 steps (the
// gradient of inputs by filters as large as they are, say).
//
// The workspace is oneDNN's scratchpad. Each call has the threads of its context; those of other
// calls and of the program are left as they are. oneDNN keeps the code that it generated for up to
// 1024 kinds of call in the process.
BackendPtr onednn_backend();

}  // namespace convcheck
