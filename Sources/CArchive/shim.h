// libarchive, linked statically: the shared library brings libxml2 and ICU along, which cost a
// short command more time to load than the command itself takes.
#include <archive.h>
#include <archive_entry.h>
