using System.Globalization;
using System.Text.RegularExpressions;

namespace OppTel.Recorder.Dumps;

/// <summary>The files of saved dumps. What others put beside them is left alone.</summary>
/// <param name="path">Where they are.</param>
internal sealed partial class DumpDirectory(string path)
{
    private const string Unfinished = ".unfinished";
    private const int LongestReason = 60;

    /// <summary>Why this user cannot save dumps in a directory, which may have to be made first; null when nothing speaks against it.</summary>
    public static string? WhyNot(string path)
    {
        string existing = path;
        while (!Path.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        try
        {
            string probe = Path.Combine(existing, Path.GetRandomFileName());
            new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    /// <summary>The path of a dump that begins now.</summary>
    public string NewPath(string reason) => Path.Combine(
        path, $"{DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture)}-{Slug(reason)}.parquet");

    /// <summary>Begins a dump.</summary>
    public FileStream Begin(string dump)
    {
        Directory.CreateDirectory(path);
        return new FileStream(dump + Unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>A whole dump gets its name.</summary>
    public static void Finish(string dump) => File.Move(dump + Unfinished, dump, overwrite: true);

    /// <summary>Removes what <see cref="Begin"/> began.</summary>
    public static void GiveUp(string dump) => File.Delete(dump + Unfinished);

    /// <summary>A file without a name, which is gone when it is closed, however that happens.</summary>
    public FileStream Nameless()
    {
        string scratch = NewPath(Guid.NewGuid().ToString("N"));
        FileStream file = Begin(scratch);
        GiveUp(scratch);
        return file;
    }

    /// <summary>Removes what a process that was killed has left; to be called while no dump is being saved.</summary>
    public void DeleteUnfinished()
    {
        foreach (FileInfo file in Own(Unfinished))
            file.Delete();
    }

    /// <summary>Deletes the oldest dumps until the others have so many bytes at most.</summary>
    public void DeleteOldest(long room)
    {
        // Names begin with the time.
        foreach (FileInfo dump in Own("").OrderByDescending(file => file.Name, StringComparer.Ordinal))
        {
            room -= dump.Length;
            if (room < 0)
                dump.Delete();
        }
    }

    /// <summary>The dumps that are kept, the newest first.</summary>
    public IReadOnlyList<DumpFile> List() =>
        [.. Own("").OrderByDescending(file => file.Name, StringComparer.Ordinal).Select(file => new DumpFile(file.Name, file.LastWriteTimeUtc, file.Length))];

    /// <summary>Opens one of them; null when the name is not one of a dump, or it is not there any more.</summary>
    public FileStream? Open(string name)
    {
        if (!OwnName().IsMatch(name))
            return null;
        try
        {
            return new FileStream(
                Path.Combine(path, name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private FileInfo[] Own(string ending) => Directory.Exists(path)
        ? [.. new DirectoryInfo(path).GetFiles("*.parquet" + ending).Where(file => OwnName().IsMatch(file.Name[..^ending.Length]))]
        : [];

    [GeneratedRegex("""^\d{8}T\d{6}\.\d{3}Z-[a-z0-9-]+\.parquet\z""")]
    private static partial Regex OwnName();

    private static string Slug(string reason)
    {
        string slug = string.Concat(reason.Take(LongestReason).Select(letter => char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '-')).Trim('-');
        return slug.Length == 0 ? "dump" : slug;
    }
}
