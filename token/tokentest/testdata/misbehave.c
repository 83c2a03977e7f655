/* A PKCS #11 library in front of another (REAL). MISBEHAVE says how:

   print         prints to standard output, as debug versions of drivers do
   hang-load     does not come back from C_Initialize
   hang          does not come back from C_Sign
   crash         dies in C_Sign
   exit          ends the process in C_Sign
   removed       the token is taken out before the second C_Sign
   wrong         returns a signature that is none
   long          claims a signature longer than its buffer
   low, final, locked   flags of C_GetTokenInfo
   final-after   the last try but one: after a wrong PIN, final
   lock-after    the last try: after a wrong PIN, locked
   no-pss        has CKM_RSA_PKCS and CKM_ECDSA only
   many          claims a million slots
   already       somebody is logged in when C_Login is called first

   MISBEHAVE_CALLS is a file that names what was called. */

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef ulong (*function)();

struct list {
  unsigned char version[2];
  function f[68];
};

static struct list mine, *real;
static int wrong_pins, signatures, logins;

static int is(const char *behaviour) {
  const char *asked = getenv("MISBEHAVE");
  return asked && !strcmp(asked, behaviour);
}

static void called(const char *what) {
  const char *path = getenv("MISBEHAVE_CALLS");
  FILE *f = path ? fopen(path, "a") : NULL;
  if (f) {
    fprintf(f, "%s\n", what);
    fclose(f);
  }
}

static ulong initialize(void *args) {
  if (is("hang-load")) for (;;) pause();
  if (is("print")) {
    printf("{\"done\":true}\nDRIVER 1.0: hello\n");
    fflush(stdout);
  }
  return real->f[0](args);
}

static ulong slots(unsigned char present, ulong *list, ulong *count) {
  if (is("many")) {
    *count = 1000000;
    return 0;
  }
  return real->f[4](present, list, count);
}

static ulong token(ulong slot, void *info) {
  ulong rv = real->f[6](slot, info);
  ulong *flags = (ulong *)((char *)info + 96);
  if (is("low")) *flags |= 0x10000;
  if (is("final") || (is("final-after") && wrong_pins)) *flags |= 0x20000;
  if (is("locked") || (is("lock-after") && wrong_pins)) *flags |= 0x40000;
  return rv;
}

static ulong mechanisms(ulong slot, ulong *list, ulong *count) {
  if (!is("no-pss")) return real->f[7](slot, list, count);
  if (list) {
    list[0] = 0x1;
    list[1] = 0x1041;
  }
  *count = 2;
  return 0;
}

static ulong open_session(ulong slot, ulong flags, void *a, void *b, ulong *session) {
  if (flags & 2) called("write");
  return real->f[12](slot, flags, a, b, session);
}

static ulong login(ulong session, ulong user, void *pin, ulong length) {
  called(user == 2 ? "context" : "login");
  if (is("already") && !logins++) return 0x100;
  ulong rv = real->f[18](session, user, pin, length);
  if (rv == 0xa0) wrong_pins++;
  return rv;
}

static ulong logout(ulong session) {
  called("logout");
  ulong rv = real->f[19](session);
  return is("already") ? 0 : rv;
}

static ulong sign(ulong session, void *data, ulong length, unsigned char *signature, ulong *size) {
  called("sign");
  signatures++;
  if (is("hang")) for (;;) pause();
  if (is("crash")) *(volatile int *)8 = 1;
  if (is("exit")) _exit(0);
  if (is("removed") && signatures == 2) return 0x32;
  ulong rv = real->f[43](session, data, length, signature, size);
  if (is("wrong")) signature[10] ^= 1;
  if (is("long")) *size = 1 << 20;
  return rv;
}

ulong C_GetFunctionList(struct list **out) {
  if (!real) {
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    ulong (*get)(struct list **) = library ? (ulong(*)(struct list **))dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real)) return 5;
    memcpy(&mine, real, sizeof mine);
    mine.f[0] = (function)initialize;
    mine.f[4] = (function)slots;
    mine.f[6] = (function)token;
    mine.f[7] = mechanisms;
    mine.f[12] = open_session;
    mine.f[18] = login;
    mine.f[19] = logout;
    mine.f[43] = sign;
  }
  *out = &mine;
  return 0;
}
