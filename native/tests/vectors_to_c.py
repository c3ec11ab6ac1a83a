#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the golden vectors into a C table: vectors_to_c.py trailers.json golden_vectors.h"""
import json
import sys


def array(name, hexadecimal):
    data = bytes.fromhex(hexadecimal)
    # C has no arrays of no bytes.
    return f"static const __u8 {name}[] = {{{', '.join(map(str, data)) or '0'}}};\n", len(data)


def records(name, kind, rows):
    body = ", ".join("{" + ", ".join(row) + "}" for row in rows) or "{0}"
    return f"static const struct {kind} {name}[] = {{{body}}};\n"


def main(source, target):
    with open(source, encoding="utf-8") as file:
        golden = json.load(file)
    assert golden["wire_version"] == 1, golden["wire_version"]
    text, table = "", ""
    for number, vector in enumerate(golden["vectors"]):
        frame, size = array(f"frame_{number}", vector["frame"])
        text += frame
        fields = vector.get("trailer")
        left = len(vector["original"]) // 2 if fields else size
        if fields:
            text += records(f"values_{number}", "golden_value",
                            [(str(v["slot"]), v["value"]) for v in fields["values"]])
            text += records(f"samples_{number}", "golden_sample",
                            [(str(s["slot"]), str(s["flags"]), str(s["age_ns"]), s["value"]) for s in fields["samples"]])
            text += array(f"original_{number}", vector["original"])[0]
        footer = "" if not fields else (
            f".original = original_{number}, .values = values_{number}, .samples = samples_{number}, .time = {fields['time']}, "
            f".tag = {fields.get('tag', '0')}, .sequence = {fields['sequence']}u, .stream = {fields['stream']}, "
            f".epoch = {fields['epoch']}, .checksum = {fields['checksum']}, .value_count = {len(fields['values'])}, "
            f".sample_count = {len(fields['samples'])}, .flags = {fields['flags']}, .pad = {fields['pad']}, ")
        if "key" in vector:
            key = bytes.fromhex(vector["key"])
            footer += ".keyed = 1, .key = {" + ", ".join(
                f"{int.from_bytes(key[at:at + 8], 'little'):#x}" for at in (0, 8)) + "}, "
        table += (f'\t{{.name = "{vector["name"]}", .verdict = OPPTEL_STRIP_{vector["verdict"].upper()}, '
                  f".frame = frame_{number}, .size = {size}, .left = {left}, {footer}}},\n")
    with open(target, "w", encoding="utf-8") as file:
        file.write(text + "static const struct golden_vector golden_vectors[] = {\n" + table + "};\n")


main(*sys.argv[1:])
