/* The honest example, made impossible to load or to take: -DBAD_NO_SYMBOL, BAD_RETURNS_NULL,
 * BAD_WRONG_VERSION, BAD_NULL_RUN or BAD_TAKEN_NAME; or to come back from, when it is loaded:
 * BAD_CRASHING_CONSTRUCTOR, BAD_ENDLESS_CONSTRUCTOR, BAD_EXITING_CONSTRUCTOR, BAD_CRASHING_ENTRY,
 * BAD_RETURNS_NOWHERE or BAD_CRASHING_DESTRUCTOR. */
#include <stdio.h>
#include <stdlib.h>

#define convcheck_plugin good_plugin
#include "tools/examples/direct.c"
#undef convcheck_plugin

#if defined BAD_CRASHING_CONSTRUCTOR
__attribute__((constructor)) static void constructor(void) {
  fputs("no licence server\n", stderr);
  abort();
}
#elif defined BAD_ENDLESS_CONSTRUCTOR
__attribute__((constructor)) static void constructor(void) {
  for (volatile int always = 1; always;) continue;
}
#elif defined BAD_EXITING_CONSTRUCTOR
__attribute__((constructor)) static void constructor(void) { exit(0); }
#elif defined BAD_CRASHING_DESTRUCTOR
__attribute__((destructor)) static void destructor(void) { abort(); }
#endif

#ifndef BAD_NO_SYMBOL
__attribute__((visibility("default"))) const ConvcheckPlugin* convcheck_plugin(void);

const ConvcheckPlugin* convcheck_plugin(void) {
#ifdef BAD_CRASHING_ENTRY
  volatile int* volatile nowhere = NULL;
  *nowhere = 1;
#endif
#if defined BAD_RETURNS_NULL
  return NULL;
#elif defined BAD_RETURNS_NOWHERE
  return (const ConvcheckPlugin*)64;
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
