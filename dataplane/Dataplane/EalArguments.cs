namespace OppTel.Dataplane;

/// <summary>What EAL is started with.</summary>
internal static class EalArguments
{
    /// <summary>
    /// lcore 0 is the control thread, lcore <c>i + 1</c> is worker <c>i</c>; nothing is shared with other processes and
    /// nothing is left behind; only devices that the operator named are touched.
    /// </summary>
    public static IReadOnlyList<string> Build(DataplaneConfiguration configuration, CpuSet cpus, bool hugepages)
    {
        IEnumerable<string> workers = cpus.Workers.Select((cpu, index) => $"{index + 1}@{cpu}");
        List<string> arguments =
        [
            "--lcores", string.Join(',', workers.Prepend($"0@({CpuSet.FormatList(cpus.Control)})")),
            "--main-lcore", "0",
            "-m", $"{configuration.Memory >> 20}",
            "--no-telemetry",
            // EAL refuses --in-memory without hugepages; there --no-shconf keeps it from leaving files.
            .. hugepages ? ["--in-memory"] : (string[])["--no-huge", "--no-shconf"],
        ];
        if (!NamesDevices(configuration.EalArguments))
            arguments.Add("--no-pci");
        return [.. arguments, .. configuration.EalArguments];
    }

    private static bool NamesDevices(IEnumerable<string> arguments) =>
        arguments.Any(argument => argument.StartsWith("-a", StringComparison.Ordinal) || argument.StartsWith("--allow", StringComparison.Ordinal));
}
