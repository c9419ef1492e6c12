/* The honest example, made impossible to load or to take: -DBAD_NO_SYMBOL, BAD_RETURNS_NULL,
 * BAD_WRONG_VERSION, BAD_NULL_RUN or BAD_TAKEN_NAME. */
#define convcheck_plugin good_plugin
#include "tools/examples/direct.c"
#undef convcheck_plugin

#ifndef BAD_NO_SYMBOL
__attribute__((visibility("default"))) const ConvcheckPlugin* convcheck_plugin(void);

const ConvcheckPlugin* convcheck_plugin(void) {
#ifdef BAD_RETURNS_NULL
  return NULL;
#else
  static ConvcheckPlugin bad;
  bad = *good_plugin();
#ifdef BAD_WRONG_VERSION
  bad.abi_version = 7;
#endif
#ifdef BAD_NULL_RUN
  bad.run = NULL;
#endif
#ifdef BAD_TAKEN_NAME
  bad.name = "reference";
#endif
  return &bad;
#endif
}
#endif
