using OppTel.Dataplane.Replay;

namespace OppTel.Dataplane.Tests.Replay;

/// <summary>Real captures, full of odd and malformed protocols and of several link types.</summary>
public sealed class RealCaptureTests : IDisposable
{
    private const int Captures = 232;

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void NothingIsStrippedAndEveryFileLeavesAsItCame()
    {
        string[] files = Directory.GetFiles(Folder(), "*.pcap", SearchOption.AllDirectories);
        Assert.True(files.Length >= Captures, $"{files.Length} captures, at least {Captures} belong there");
        foreach (string file in files)
        {
            byte[] before = File.ReadAllBytes(file);
            using (MemoryStream output = new())
            using (ReplayFiles replay = ReplayFiles.Open(file, directory["out.pcap"]))
            using (JsonReport report = new(output))
            {
                Replayer replayer = new(report);
                Assert.Null(replay.Run(replayer));
                replay.Complete();
                report.Complete(replayer);
                Assert.True(replayer.Carriers == 0 && replayer.Control == 0, file);
            }

            Assert.True(before.AsSpan().SequenceEqual(File.ReadAllBytes(directory["out.pcap"])), $"{file} left changed");
        }
    }

    private static string Folder()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "OppTel.Dataplane.sln")))
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("the tests do not run inside a checkout");
        string folder = Path.GetFullPath(Path.Combine(root, "..", "shared", "pcaps"));
        Assert.True(Directory.Exists(folder), $"{folder} is missing: the captures belong beside the checkout");
        return folder;
    }
}
