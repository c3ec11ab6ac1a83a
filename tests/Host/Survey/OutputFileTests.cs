using System.IO.Pipes;
using OppTel.Configuration;
using OppTel.Host.Survey;

namespace OppTel.Host.Tests.Survey;

/// <summary>What becomes of a file that is promised at the start and written at the end.</summary>
public sealed class OutputFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-output-").FullName;

    private string FilePath => Path.Combine(folder, "page.html");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void WhatWasThereStaysUntilTheEnd()
    {
        File.WriteAllText(FilePath, "a page of yesterday");
        using (OutputFile.Reserve(FilePath))
            Assert.Equal("a page of yesterday", File.ReadAllText(FilePath));
        Assert.Equal("a page of yesterday", File.ReadAllText(FilePath));
        using (OutputFile file = OutputFile.Reserve(FilePath))
            file.Write("of today: ä");
        Assert.Equal("of today: ä"u8.ToArray(), File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void WhatIsNotWrittenIsNotLeft()
    {
        using (OutputFile.Reserve(FilePath))
            Assert.True(File.Exists(FilePath));
        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void AnOperatorsMistakeIsNamed()
    {
        File.CreateSymbolicLink(Path.Combine(folder, "link"), Path.Combine(folder, "gone"));
        foreach (string path in (string[])[Path.Combine(folder, "missing", "page.html"), Path.Combine(folder, "link"), folder, "/proc/page.html", ""])
        {
            OperatorException exception = Assert.Throws<OperatorException>(() => OutputFile.Reserve(path));
            Assert.Equal(ExitCode.System, exception.ExitCode);
            Assert.StartsWith($"cannot write {path} (--html): ", exception.Message, StringComparison.Ordinal);
        }

        Assert.NotNull(File.ResolveLinkTarget(Path.Combine(folder, "link"), returnFinalTarget: false));
    }

    [Fact]
    public async Task APipeIsAFileToo()
    {
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        using (OutputFile file = OutputFile.Reserve($"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}"))
            file.Write("a page");
        pipe.DisposeLocalCopyOfClientHandle();
        using StreamReader reader = new(pipe);
        Assert.Equal("a page", await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        using OutputFile nothing = OutputFile.Reserve("/dev/null");
        nothing.Write("a page");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public void AFullDiskIsNamed(int length)
    {
        using OutputFile file = OutputFile.Reserve("/dev/full");
        Assert.Contains("cannot write /dev/full (--html): ", Assert.Throws<OperatorException>(() => file.Write(new string('x', length))).Message, StringComparison.Ordinal);
    }
}
