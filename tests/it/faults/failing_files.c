/* Fails an operation on the files of a database: loaded by LD_PRELOAD, controlled through a shared file of four
 * 32-bit numbers. No code of Doorward knows it.
 *
 *   [0] what fails: 0 nothing, 1 EIO, 2 ENOSPC, 3 a short write that is followed by ENOSPC, 4 only the sync, by EIO,
 *       5 every write from then on, by ENOSPC, 6 half of a write and the end of the process,
 *       7 the power: the writes since the last sync are lost or torn, and the process ends
 *   [1] the number of the operation that fails, from 1
 *   [2] the operations since the control file was set
 *   [3] whether a failure was caused
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define FILES 65536
static volatile int *control;
static unsigned char is_database[FILES];

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("FAILING_CONTROL");
    int (*real_open)(const char *, int, ...) = next("open");
    if (!path) return;
    int fd = real_open(path, O_RDWR);
    if (fd < 0) return;
    void *map = mmap(NULL, 16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) control = map;
}

static int opened(int fd, const char *path) {
    const char *name = getenv("FAILING_NAME");
    if (fd >= 0 && fd < FILES) {
        size_t length = name ? strlen(name) : 0;
        const char *at = name ? strstr(path, name) : NULL;
        is_database[fd] = at && (at[length] == 0 || at[length] == '-');
    }
    return fd;
}

#define OPEN(NAME)                                                                   \
    int NAME(const char *path, int flags, ...) {                                     \
        int (*real)(const char *, int, ...) = next(#NAME);                           \
        va_list rest; va_start(rest, flags);                                         \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;  \
        va_end(rest);                                                                \
        return opened(real(path, flags, mode), path);                                \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(NAME)                                                                 \
    int NAME(int folder, const char *path, int flags, ...) {                         \
        int (*real)(int, const char *, int, ...) = next(#NAME);                      \
        va_list rest; va_start(rest, flags);                                         \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(rest, mode_t) : 0;  \
        va_end(rest);                                                                \
        return opened(real(folder, path, flags, mode), path);                        \
    }
OPENAT(openat)
OPENAT(openat64)

/* A write that no sync has made durable: the bytes and the size of the file before it. */
struct change {
    dev_t device;
    ino_t inode;
    int fd;
    off64_t at, size;
    ssize_t length;
    char *before;
};
#define CHANGES 65536
static struct change changes[CHANGES];
static int changed;
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

/* Notes the state of the file before a write. */
static void note(int fd, off64_t at, size_t length) {
    struct stat found;
    if (!control || control[0] != 7 || fd < 0 || fd >= FILES || !is_database[fd] || fstat(fd, &found)) return;
    pthread_mutex_lock(&guard);
    if (changed < CHANGES) {
        char *before = malloc(length + 1);
        ssize_t read = pread64(fd, before, length, at);
        changes[changed++] =
            (struct change){found.st_dev, found.st_ino, fd, at, found.st_size, read < 0 ? 0 : read, before};
    }
    pthread_mutex_unlock(&guard);
}

/* Forgets the changes of a file that is synchronised. */
static void synchronised(int fd) {
    struct stat found;
    int kept = 0;
    if (!control || control[0] != 7 || fstat(fd, &found)) return;
    pthread_mutex_lock(&guard);
    for (int i = 0; i < changed; i++)
        if (changes[i].device != found.st_dev || changes[i].inode != found.st_ino) changes[kept++] = changes[i];
    changed = kept;
    pthread_mutex_unlock(&guard);
}

/* Undoes the changes, and ends the process. Of every third change, half reaches the disk, of others nothing. */
static void lose_power(void) {
    ssize_t (*real_write)(int, const void *, size_t, off64_t) = next("pwrite64");
    int (*real_truncate)(int, off64_t) = next("ftruncate64");
    pthread_mutex_lock(&guard);
    for (int i = changed - 1; i >= 0; i--) {
        struct change *one = &changes[i];
        ssize_t lost = (i + control[1]) % 3 ? one->length : one->length / 2;
        if (real_write(one->fd, one->before, lost, one->at) < 0) break;
        if ((i + control[1]) % 3 && real_truncate(one->fd, one->size)) break;
    }
    kill(getpid(), SIGKILL);
}

int close(int fd) {
    int (*real)(int) = next("close");
    if (fd >= 0 && fd < FILES) is_database[fd] = 0;
    return real(fd);
}

/* Returns what fails now, or 0. */
static int strikes(int fd, int is_sync) {
    if (!control || fd < 0 || fd >= FILES || !is_database[fd] || !control[0]) return 0;
    int kind = control[0];
    if (kind == 5) {
        if (is_sync) return 0;
        control[3] = 1;
        return 2;
    }
    if (kind == 4 && !is_sync) return 0;
    if (kind == 6 && is_sync) return 0;
    /* After a write, and before the sync of it. */
    if (__sync_add_and_fetch(&control[2], 1) != control[1]) return 0;
    control[3] = 1;
    if (kind == 7) lose_power();
    return kind == 4 ? 1 : kind;
}

static int fail(int kind) {
    errno = kind == 1 ? EIO : ENOSPC;
    return -1;
}

#define WRITE(NAME, PARAMETERS, AT, HALF, ALL)                             \
    ssize_t NAME PARAMETERS {                                           \
        ssize_t (*real)PARAMETERS = next(#NAME);                        \
        int kind = strikes(fd, 0);                                      \
        note(fd, AT, count);                                            \
        if (kind == 3) {                                                \
            control[1] = control[2] + 1;                                \
            if (count > 1) return HALF;                                 \
        }                                                               \
        if (kind == 6) {                                                \
            ssize_t written = HALF;                                     \
            (void)written;                                              \
            kill(getpid(), SIGKILL);                                    \
        }                                                               \
        return kind ? fail(kind) : ALL;                                 \
    }
WRITE(write, (int fd, const void *bytes, size_t count), lseek64(fd, 0, SEEK_CUR), real(fd, bytes, count / 2), real(fd, bytes, count))
WRITE(pwrite, (int fd, const void *bytes, size_t count, off_t at), at, real(fd, bytes, count / 2, at),
      real(fd, bytes, count, at))
WRITE(pwrite64, (int fd, const void *bytes, size_t count, off64_t at), at, real(fd, bytes, count / 2, at),
      real(fd, bytes, count, at))

#define ONE(NAME, PARAMETERS, ARGUMENTS, IS_SYNC)                       \
    int NAME PARAMETERS {                                               \
        int (*real)PARAMETERS = next(#NAME);                            \
        int kind = strikes(fd, IS_SYNC);                                \
        if (kind) return fail(kind);                                    \
        int outcome = real ARGUMENTS;                                   \
        if (IS_SYNC && outcome == 0) synchronised(fd);                  \
        return outcome;                                                 \
    }
ONE(fsync, (int fd), (fd), 1)
ONE(fdatasync, (int fd), (fd), 1)
ONE(ftruncate, (int fd, off_t length), (fd, length), 0)
ONE(ftruncate64, (int fd, off64_t length), (fd, length), 0)
