using System.Diagnostics;
using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Lease;

/// <summary>A program of somebody else at the host's egress, with an owner of its own: stranger.c.</summary>
internal sealed class Stranger : IDisposable
{
    private static readonly Lazy<string> Built = new(Build);
    private readonly Process process;

    /// <param name="testbed">Its host's interface is used.</param>
    /// <param name="arguments">How it is attached: "tcx", "before", and such.</param>
    public Stranger(Testbed testbed, params string[] arguments)
    {
        string[] command = ["exec", "host", "--name", testbed.Name, "--", Built.Value, $"{Built.Value}.bpf.o", "eth0", .. arguments];
        process = Process.Start(new ProcessStartInfo(Repository.Script("testbed"), command) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        _ = Read();
    }

    /// <summary>Packets and bytes that it has seen.</summary>
    public (long Packets, long Bytes) Counts
    {
        get
        {
            process.StandardInput.Write('\n');
            process.StandardInput.Flush();
            return Read();
        }
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    private static string Build()
    {
        const string Folder = "tests/EndToEnd/Lease";
        string program = Path.Combine(AppContext.BaseDirectory, "stranger");
        Command.Run("cc", "-O2", "-o", program, Path.Combine(Repository.Root, Folder, "stranger.c"), "-lbpf").Expect();
        Command.Run("make", "--no-print-directory", "-C", Path.Combine(Repository.Root, "bpf"), $"OUT={AppContext.BaseDirectory}", $"SOURCES=../{Folder}/stranger.bpf.c").Expect();
        return program;
    }

    private (long Packets, long Bytes) Read()
    {
        long[] counts = [.. (process.StandardOutput.ReadLine() ?? throw new IOException("the stranger is not there")).Split(' ').Select(text => long.Parse(text, CultureInfo.InvariantCulture))];
        return (counts[0], counts[1]);
    }
}
