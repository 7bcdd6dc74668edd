// The same for sources of core whose speed nobody measures.
#include "tools/precompiled/core.h"
