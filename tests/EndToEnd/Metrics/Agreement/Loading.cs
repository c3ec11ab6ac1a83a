using System.Globalization;
using OppTel.EndToEnd.Tests.Testbeds;

namespace OppTel.EndToEnd.Tests.Metrics.Agreement;

/// <summary>The load of one window: it moves every metric, and is over when it returns.</summary>
internal static class Loading
{
    private const int Crowd = 100, Kills = 3;
    private const ushort UnknownProtocol = 0x1234;
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);

    /// <summary>Fills the queue of each CPU with threads that yield to all others, and looks at them.</summary>
    public static Look LookAtCrowd(Scene scene)
    {
        RunningProgram[] crowds = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(cpu => new RunningProgram(LoadProgram.Path, ["crowd", $"{cpu}", $"{Crowd}"]))];
        foreach (RunningProgram crowd in crowds)
            Poll.Until("the crowd", () => Directory.GetDirectories($"/proc/{crowd.Id}/task").Length == Crowd);
        Look look = Look.Take(scene, looks: 5);
        foreach (RunningProgram crowd in crowds)
            crowd.Dispose();
        return look;
    }

    /// <summary>Loads everything.</summary>
    public static void Run(Scene scene)
    {
        scene.Signal("CONT");
        RunningProgram[] clients =
        [
            scene.StartIn(Scene.Clients, "network", $"exec wrk -t1 -c8 -d{Busy.TotalSeconds}s http://{Testbed.HostAddress}/"),
            scene.StartIn(Scene.Clients, "network", $"exec redis-benchmark -h {Testbed.HostAddress} -t set,get -n 20000 -c 10 -q"),
        ];
        RunningProgram[] helpers =
        [
            .. ((string[])["spawn 300 " + LoadProgram.Path, "hop 20000", $"disk {scene.Disk.Path} 1000", "touch 100 3", "calls 10000"])
                .Select(arguments => new RunningProgram(LoadProgram.Path, arguments.Split(' '))),
        ];
        SendUnknownFrames(scene.Testbed);
        Swap(scene);
        TcpTrouble.Run(scene);
        foreach (RunningProgram program in clients.Concat(helpers))
            Assert.True(program.WaitForExit() == 0, program.Log);
        foreach (RunningProgram helper in helpers)
            helper.Dispose();
        scene.Signal("STOP");
        // What is left lies in the page cache for seconds.
        File.WriteAllBytes(scene.Testbed["dirty"], new byte[64 << 20]);
    }

    /// <summary>Frames that the host has no use for, which it drops.</summary>
    private static void SendUnknownFrames(Testbed testbed)
    {
        byte[] frame = new byte[60];
        Array.Fill(frame, byte.MaxValue, 0, 6);
        (frame[6], frame[12], frame[13]) = (2, UnknownProtocol >> 8, UnknownProtocol & 0xFF);
        using PacketTap tap = new(testbed.Network, "eth0", UnknownProtocol);
        for (int sent = 0; sent < 500; sent++)
        {
            tap.Send(frame);
            if (sent % 50 == 0)
                Thread.Sleep(5);
        }
    }

    /// <summary>A process that has less memory than it uses, and some that may not swap either.</summary>
    private static void Swap(Scene scene)
    {
        using Cgroup small = new($"opptel-small-{Environment.ProcessId}", "memory");
        if (!small.IsOld)
            File.WriteAllText(Path.Combine(Path.GetDirectoryName(small.Folder)!, "cgroup.subtree_control"), "+memory");
        File.WriteAllText(Path.Combine(small.Folder, small.IsOld ? "memory.limit_in_bytes" : "memory.max"), "16M");
        Command.Run("swapon", scene.Swap.Path).Expect();
        CommandResult swapping = Confined(small, 28);
        Command.Run("swapoff", scene.Swap.Path).Expect();
        swapping.Expect();
        File.WriteAllText(Path.Combine(small.Folder, small.IsOld ? "memory.swappiness" : "memory.swap.max"), "0");
        for (int kill = 0; kill < Kills; kill++)
            Confined(small, 28).Expect(137);
    }

    private static CommandResult Confined(Cgroup cgroup, int mebibytes) => Command.Run(
        "sh", "-c", string.Create(CultureInfo.InvariantCulture, $"echo $$ > {cgroup.Folder}/cgroup.procs; exec {LoadProgram.Path} touch {mebibytes} 2"));
}
