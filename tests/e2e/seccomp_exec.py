#!/usr/bin/env python3
"""Runs a program under a seccomp profile as container engines read them (OCI).

    seccomp_exec.py PROFILE PROGRAM [ARGUMENT...]

Calls that this machine's libseccomp does not know are passed over, as engines do.
"""

import json
import os
import sys

import seccomp

ACTIONS = {"SCMP_ACT_ALLOW": lambda _: seccomp.ALLOW, "SCMP_ACT_ERRNO": seccomp.ERRNO}
COMPARISONS = {"SCMP_CMP_EQ": seccomp.EQ, "SCMP_CMP_MASKED_EQ": seccomp.MASKED_EQ}


def filter_of(profile):
    made = seccomp.SyscallFilter(ACTIONS[profile["defaultAction"]](profile["defaultErrnoRet"]))
    for rule in profile["syscalls"]:
        action = ACTIONS[rule["action"]](rule.get("errnoRet"))
        arguments = []
        for a in rule.get("args", []):
            values = [a["value"]] + ([a["valueTwo"]] if "valueTwo" in a else [])
            arguments.append(seccomp.Arg(a["index"], COMPARISONS[a["op"]], *values))
        for name in rule["names"]:
            try:
                made.add_rule(action, name, *arguments)
            except (RuntimeError, ValueError):
                print(f"no call {name} here", file=sys.stderr)
    return made


def main():
    with open(sys.argv[1]) as file:
        profile = json.load(file)
    filter_of(profile).load()
    os.execv(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
