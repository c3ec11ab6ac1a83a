using OppTel.Wire;

namespace OppTel.Configuration.Tests;

/// <summary>Key files with two keys, and while they change.</summary>
public sealed class KeyFileTests : IDisposable
{
    private static readonly string Old = new('a', 64), New = new('b', 64), Third = new('c', 64);
    private readonly string path = Path.GetTempFileName();
    private readonly List<(string Message, bool IsBad)> told = [];

    public void Dispose() => File.Delete(path);

    [Fact]
    public void AFileHoldsOneOrTwoKeysAndComments()
    {
        Assert.Single(Parse(Old));
        Assert.Equal(2, Parse($"# both\n\n{Old} # the old one\n  {New.ToUpperInvariant()}  \n").Count);
        Refuse("line 2,", $"{Old}\n{Old[..63]}\n");
        Refuse("line 1,", "hello");
        Refuse("no key", "# nothing\n");
        Refuse("3 keys", $"{Old}\n{New}\n{Third}\n");
        Refuse("same key again", $"{Old}\n{Old.ToUpperInvariant()}\n");
        Refuse("everybody knows", new string('0', 64));
        Refuse("opptel-host keygen", "");
    }

    [Fact]
    public void AChangedFileIsReadAgainAndABadOneChangesNothing()
    {
        Write(Old);
        KeyFile file = new(path);
        ControlKey key = file.Key;
        string old = key.Signing.Fingerprint;
        Look(file);
        Assert.Empty(told);

        Write($"{Old}\n{New}");
        Look(file);
        Assert.Equal((2, old), (key.Keys.Count, key.Signing.Fingerprint));
        Assert.False(Assert.Single(told).IsBad);

        Write("rubbish");
        Look(file);
        Look(file);
        Assert.Equal((2, true), (key.Keys.Count, told[^1].IsBad));
        Assert.Equal(2, told.Count);

        Write(New);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Look(file);
        Assert.Equal((2, true), (key.Keys.Count, told[^1].IsBad));
        Assert.Contains("chmod 640", told[^1].Message, StringComparison.Ordinal);

        // A change of the mode alone is a change.
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Look(file);
        Assert.Equal((1, false), (key.Keys.Count, told[^1].IsBad));
        Assert.NotEqual(old, key.Signing.Fingerprint);

        File.Delete(path);
        Look(file);
        Assert.Equal((1, true), (key.Keys.Count, told[^1].IsBad));
        Assert.DoesNotContain(told, entry => entry.Message.Contains(New, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void LookingAtWhatDidNotChangeAllocatesNothing()
    {
        Write(Old);
        using KeyBook book = new(path);
        Action<string, bool> tell = (message, isBad) => told.Add((message, isBad));
        for (int round = 0; round < 10; round++)
            book.Look(tell);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 1000; round++)
            book.Look(tell);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(told);
    }

    [Fact]
    public void APairHasItsOwnKeyOrTheCommonOne()
    {
        Write(Old);
        string other = Path.GetTempFileName();
        File.WriteAllText(other, New);
        using KeyBook book = new(path);
        Assert.Same(book.Common, book.Of(null));
        Assert.Same(book.Of(other), book.Of(other));
        Assert.NotSame(book.Common, book.Of(other));
        Assert.Equal([path, other], book.Files.Select(file => file.Path));
        using KeyBook open = new(null);
        Assert.Same(ControlKey.Public, open.Common);
        File.Delete(other);
    }

    private void Look(KeyFile file) => file.Look((message, isBad) => told.Add((message, isBad)), anyway: false);

    private void Write(string text)
    {
        File.WriteAllText(path, text + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static IReadOnlyList<SecretKey> Parse(string text) => ControlKeyFile.Parse("x", text);

    private static void Refuse(string why, string text) =>
        Assert.Contains(why, Assert.Throws<OperatorException>(() => Parse(text)).Message, StringComparison.Ordinal);
}
