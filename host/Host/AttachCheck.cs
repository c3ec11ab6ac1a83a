using Microsoft.Extensions.Logging.Abstractions;
using OppTel.Bpf;
using OppTel.Configuration;
using OppTel.Host.Samplers;
using OppTel.Host.Tunnels;
using OppTel.Wire;

namespace OppTel.Host;

/// <summary><c>check-config --attach</c>: everything is loaded and attached for a moment, and nothing is ever appended.</summary>
internal static class AttachCheck
{
    /// <summary>Attaches, tells the verdict on each program, and detaches.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    /// <exception cref="OperatorException">The packet path cannot be attached, or no sampler can run.</exception>
    public static int Run(HostConfiguration configuration, ControlKey key, TextWriter output)
    {
        List<Uplink> uplinks = [];
        try
        {
            foreach (string name in configuration.Interfaces)
                uplinks.Add(new Uplink(name, key, instance: 1, NullLogger.Instance));
            using HostKernel kernel = new(configuration);
            kernel.AttachSamplers(_ => { });
            foreach (Uplink uplink in uplinks)
            {
                uplink.Attach(kernel, configuration.Attach);
                Tell(output, "opptel_egress", $"attached to {uplink.Name} by {Spelling.SnakeCase($"{uplink.Mode}")}");
            }

            using TunnelSet tunnels = new(configuration, NullLogger.Instance);
            tunnels.Attach(kernel, configuration.Attach);
            foreach ((string tunnel, AttachMode? mode) in tunnels.Attached)
                Tell(output, TunnelPrograms.Program, mode is null ? $"waits for {tunnel}" : $"attached to {tunnel} by {Spelling.SnakeCase($"{mode}")}");
            foreach ((string program, _) in kernel.Samplers.Costs)
                Tell(output, program, "attached");
            foreach ((string sampler, string reason) in kernel.Samplers.Absent)
                Tell(output, sampler, $"absent: {reason}");
            foreach (PerfEventVerdict verdict in kernel.Samplers.PerfEvents)
                Tell(output, verdict.Event, verdict.Refusal.Length == 0 ? "counted" : $"not counted: {verdict.Refusal}");
            return kernel.Samplers.Missing.Count == 0 ? ExitCode.Ok : ExitCode.System;
        }
        finally
        {
            uplinks.ForEach(uplink => uplink.Dispose());
        }
    }

    private static void Tell(TextWriter output, string what, string verdict) => output.WriteLine($"  {what,-22} {verdict}");
}
