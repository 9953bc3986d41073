// libarchive's tar writers report a type of file that they can't write through one internal function, whose object file
// also has the table of all formats: it would bring in 7zip, xar and ISO 9660, and with them bzip2, lzma, libxml2 and
// nettle. The same function defined here keeps them out of the program.
#include "formats.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

void __archive_write_entry_filetype_unsupported(
    struct archive *archive, struct archive_entry *entry, const char *format) {
    archive_set_error(
        archive, EINVAL, "%s: a file of mode 0%lo can't be written as %s", archive_entry_pathname(entry),
        (unsigned long)archive_entry_mode(entry), format);
}
