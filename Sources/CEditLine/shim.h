// libedit's variadic calls, one typed function for each use: Swift does not call variadic C functions.
#ifndef DRYDOCK_CEDITLINE_H
#define DRYDOCK_CEDITLINE_H

#include <histedit.h>
#include <stddef.h>
#include <stdio.h>

typedef char *(*editline_prompt)(EditLine *);
typedef unsigned char (*editline_function)(EditLine *, int);

/// el_init(3) on the process's own three streams.
static inline EditLine *editline_open(const char *program) { return el_init(program, stdin, stdout, stderr); }
/// Writes a text through the stream that libedit writes to, so that the two stay in order.
static inline void editline_print(const char *text) {
    fputs(text, stdout);
    fflush(stdout);
}
/// EL_PROMPT: the function that gives the prompt, whose bytes libedit does not free.
static inline int editline_set_prompt(EditLine *line, editline_prompt prompt) {
    return el_set(line, EL_PROMPT, prompt);
}
/// EL_EDITOR: "emacs" or "vi". It resets all bindings.
static inline int editline_set_keys(EditLine *line, const char *name) { return el_set(line, EL_EDITOR, name); }
/// EL_SIGNAL: whether libedit handles signals itself.
static inline int editline_set_signal(EditLine *line, int handles) { return el_set(line, EL_SIGNAL, handles); }
/// EL_HIST with a history of history_init.
static inline int editline_set_history(EditLine *line, History *kept) { return el_set(line, EL_HIST, history, kept); }
/// EL_CLIENTDATA
static inline int editline_set_context(EditLine *line, void *context) { return el_set(line, EL_CLIENTDATA, context); }
static inline void *editline_context(EditLine *line) {
    void *context = NULL;
    el_get(line, EL_CLIENTDATA, &context);
    return context;
}
/// EL_GETCFN: the function that reads one character.
static inline int editline_set_reader(EditLine *line, el_rfunc_t reader) { return el_set(line, EL_GETCFN, reader); }
/// EL_ADDFN: a command that keys can be bound to.
static inline int editline_add_function(EditLine *line, const char *name, const char *help, editline_function function) {
    return el_set(line, EL_ADDFN, name, help, function);
}
/// EL_BIND: bind KEY COMMAND, with "-a" first for vi's command mode.
static inline int editline_bind(EditLine *line, const char *key, const char *command) {
    return el_set(line, EL_BIND, key, command, NULL);
}
static inline int editline_bind_alternative(EditLine *line, const char *key, const char *command) {
    return el_set(line, EL_BIND, "-a", key, command, NULL);
}
/// EL_SETTY for the terminal modes while a line is edited.
static inline int editline_set_terminal_mode(EditLine *line, const char *mode) {
    return el_set(line, EL_SETTY, "-d", mode, NULL);
}
/// EL_REFRESH: draws the line again.
static inline void editline_refresh(EditLine *line) { el_set(line, EL_REFRESH); }

/// H_SETSIZE, H_SETUNIQUE, H_ENTER, H_CLEAR
static inline int editline_history_set_size(History *kept, int size) {
    HistEvent event;
    return history(kept, &event, H_SETSIZE, size);
}
static inline int editline_history_enter(History *kept, const char *entry) {
    HistEvent event;
    return history(kept, &event, H_ENTER, entry);
}
static inline int editline_history_clear(History *kept) {
    HistEvent event;
    return history(kept, &event, H_CLEAR);
}

#endif
