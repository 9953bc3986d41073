// What the linker needs so that only libarchive's tar writer is linked; see formats.c.
#ifndef DRYDOCK_FORMATS_H
#define DRYDOCK_FORMATS_H
#endif
