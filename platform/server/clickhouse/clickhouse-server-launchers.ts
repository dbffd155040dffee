import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * The library's `query_stable_v2` needs a normal thread stack, which Node's own threads and koffi don't give, so it
 * runs in a process of its own. Both launchers take: library, parent's process id, arguments of `clickhouse local`.
 * PR_SET_PDEATHSIG ends the server with the thread that started it; the check after it closes the gap before.
 */

const python = `import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[2]): os._exit(1)
lib = ctypes.CDLL(sys.argv[1])
args = ['clickhouse'] + sys.argv[3:]
argv = (ctypes.c_char_p * (len(args) + 1))(*[a.encode() for a in args], None)
class Result(ctypes.Structure):
    _fields_ = [('buf', ctypes.c_char_p), ('len', ctypes.c_size_t), ('vec', ctypes.c_void_p), ('elapsed', ctypes.c_double),
                ('rows', ctypes.c_uint64), ('bytes', ctypes.c_uint64), ('error', ctypes.c_char_p)]
lib.query_stable_v2.restype = ctypes.POINTER(Result)
result = lib.query_stable_v2(len(args), argv)
if result and result.contents.error: sys.stderr.write(result.contents.error.decode() + '\\n')
os._exit(1)
`

const c = `#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
typedef struct { char *buf; size_t len; void *vec; double elapsed; uint64_t rows, bytes; char *error; } result;
int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != atoi(argv[2])) return 1;
  void *lib = dlopen(argv[1], RTLD_NOW);
  if (!lib) { fprintf(stderr, "%s\\n", dlerror()); return 1; }
  result *(*run)(int, char **) = (result *(*)(int, char **))dlsym(lib, "query_stable_v2");
  argv[2] = "clickhouse";
  result *r = run(argc - 2, argv + 2);
  if (r && r->error) fprintf(stderr, "%s\\n", r->error);
  _exit(1);
}
`

const canRun = (command: string, args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 20_000 })
    return true
  } catch {
    return false
  }
}

/** Writes a launcher into the folder and answers the command that starts it, or why there can be none. */
export function prepareLauncher(dir: string): { command: string[] } | { reason: string } {
  if (process.platform !== 'linux')
    return { reason: `a test server is only started on Linux, not ${process.platform}` }
  if (canRun('python3', ['-c', 'import ctypes'])) {
    const file = join(dir, 'launch.py')
    writeFileSync(file, python)
    return { command: ['python3', file] }
  }
  const source = join(dir, 'launch.c')
  const binary = join(dir, 'launch')
  writeFileSync(source, c)
  for (const compiler of ['gcc', 'cc'])
    if (canRun(compiler, ['-O1', '-o', binary, source, '-ldl'])) return { command: [binary] }
  return { reason: 'neither python3 with ctypes nor a C compiler is installed' }
}
