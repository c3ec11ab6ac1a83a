using OppTel.Configuration;
using OppTel.Host.Keys;

namespace OppTel.Host.Tests.Keys;

/// <summary>What <c>opptel-host keygen</c> does with a file.</summary>
public sealed class KeyStepsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("opptel-keys").FullName;

    private string Path => System.IO.Path.Combine(folder, "key");

    private string[] Fingerprints => [.. ControlKeyFile.Read(Path).Select(key => key.Fingerprint)];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void ANewFileIsClosedToOthersAndNeverOverwritten()
    {
        Assert.Contains(Path, KeySteps.Create(Path), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(Path));
        string[] made = Fingerprints;
        Assert.Contains("exist", Assert.Throws<OperatorException>(() => KeySteps.Create(Path)).Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(made, Fingerprints);
        Assert.NotEqual(KeySteps.NewKey(), KeySteps.NewKey());
    }

    [Fact]
    public void ARotationAddsPromotesAndDropsAndKeepsCommentsAndMode()
    {
        File.WriteAllText(Path, $"# of rack 7\n{KeySteps.NewKey()}  # first\n");
        File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string old = Fingerprints.Single();
        KeySteps.Add(Path);
        string[] both = Fingerprints;
        Assert.Equal((2, old), (both.Length, both[0]));
        Assert.Contains("two keys already", Assert.Throws<OperatorException>(() => KeySteps.Add(Path)).Message, StringComparison.Ordinal);
        KeySteps.Promote(Path);
        Assert.Equal([both[1], both[0]], Fingerprints);
        KeySteps.Drop(Path);
        Assert.Equal([both[1]], Fingerprints);
        Assert.StartsWith("# of rack 7\n", File.ReadAllText(Path), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.Throws<OperatorException>(() => KeySteps.Drop(Path));
        Assert.Throws<OperatorException>(() => KeySteps.Promote(Path));
        Assert.Equal([Path], Directory.GetFiles(folder));
    }

    [Fact]
    public void ALinkStaysALinkAndAGroupStaysTheGroup()
    {
        KeySteps.Create(Path);
        string link = System.IO.Path.Combine(folder, "link");
        File.CreateSymbolicLink(link, Path);
        KeySteps.Add(link);
        Assert.NotNull(File.ResolveLinkTarget(link, returnFinalTarget: false));
        Assert.Equal(2, ControlKeyFile.Read(Path).Count);
    }
}
