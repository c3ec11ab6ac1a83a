using static OppTel.Host.Samplers.SlotMetrics;

namespace OppTel.Host.Samplers;

/// <summary>System calls by class. Source: bpf/samplers/syscalls.bpf.c; classes in the order of its enumeration.</summary>
internal static class SyscallSampler
{
    private static readonly string[] Classes = ["other", "read", "write", "poll", "socket", "file", "memory", "process", "time", "lock"];

    public static Sampler Definition { get; } = new(
        "syscalls",
        ["opptel_syscall_enter", "opptel_syscall_exit"],
        [],
        [
            new SlotBlock("opptel_syscall_slot", [.. Classes.Select(name => Counter("opptel_syscalls_total", "System calls that began.", 1, ("class", name)))]),
            new SlotBlock(
                "opptel_syscall_latency_slot",
                [.. Classes.Select(name => Histogram("opptel_syscall_seconds", "Time from the beginning of a system call to its end.", ("class", name)))]),
        ])
    {
        IsOffByDefault = true,
    };
}
