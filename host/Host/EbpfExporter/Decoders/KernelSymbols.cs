using System.Globalization;
using System.Text;
using OppTel.Configuration;

namespace OppTel.Host.EbpfExporter.Decoders;

/// <summary>
/// Names of the kernel's functions by their addresses, from /proc/kallsyms. The kernel decides when the file is opened whether it shows
/// addresses, so it stays open: modules that are loaded later are found after capabilities are gone.
/// </summary>
internal sealed class KernelSymbols : IDisposable
{
    private const string Path = "/proc/kallsyms";
    private const long RefreshMilliseconds = 60_000;
    private readonly FileStream file;
    private ulong[] addresses = [];
    private int[] starts = [];
    private byte[] names = [];
    private long readAt = Environment.TickCount64;

    private KernelSymbols(FileStream file) => this.file = file;

    /// <summary>Reads all symbols.</summary>
    /// <exception cref="OperatorException">The kernel shows no addresses.</exception>
    public static KernelSymbols Open()
    {
        try
        {
            KernelSymbols symbols = new(new FileStream(Path, FileMode.Open, FileAccess.Read));
            if (symbols.Read())
                return symbols;
            symbols.Dispose();
            throw new OperatorException(
                ExitCode.NoPermission, $"the kernel shows no addresses in {Path}: give CAP_SYSLOG, and set kernel.kptr_restrict to 1 if it is 2");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException(ExitCode.Unavailable, $"cannot read {Path}: {exception.Message}", exception);
        }
    }

    /// <summary>The symbol that begins at an address; null when there is none.</summary>
    public string? Find(ulong address)
    {
        if (Lookup(address) is { } name)
            return name;
        long now = Environment.TickCount64;
        if (now - readAt < RefreshMilliseconds)
            return null;
        readAt = now;
        return Read() ? Lookup(address) : null;
    }

    /// <summary>Where a symbol begins, the first one where several have the name; null when there is none.</summary>
    public ulong? AddressOf(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        for (int index = 0; index < addresses.Length; index++)
        {
            if (names.AsSpan(starts[index]..starts[index + 1]).SequenceEqual(bytes))
                return addresses[index];
        }

        return null;
    }

    public void Dispose() => file.Dispose();

    private string? Lookup(ulong address)
    {
        int index = Array.BinarySearch(addresses, address);
        return index < 0 ? null : Encoding.UTF8.GetString(names.AsSpan(starts[index]..starts[index + 1]));
    }

    /// <summary>Each line: address, type, name, and a tab and the module in brackets where it is of one. False when all addresses are 0.</summary>
    private bool Read()
    {
        file.Position = 0;
        List<(ulong Address, int Start, int Length)> symbols = [];
        using MemoryStream text = new();
        using (StreamReader reader = new(file, leaveOpen: true))
        {
            while (reader.ReadLine() is { } line)
            {
                string[] fields = line.Split(' ', '\t');
                if (fields.Length < 3 || !ulong.TryParse(fields[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong address) || address == 0)
                    continue;
                byte[] name = Encoding.UTF8.GetBytes(fields[2]);
                symbols.Add((address, (int)text.Length, name.Length));
                text.Write(name);
            }
        }

        Keep([.. symbols.OrderBy(symbol => symbol.Address).DistinctBy(symbol => symbol.Address)], text.GetBuffer());
        return symbols.Count > 0;
    }

    private void Keep((ulong Address, int Start, int Length)[] sorted, byte[] text)
    {
        addresses = [.. sorted.Select(symbol => symbol.Address)];
        starts = new int[sorted.Length + 1];
        names = new byte[sorted.Sum(symbol => symbol.Length)];
        for (int index = 0; index < sorted.Length; index++)
        {
            (_, int start, int length) = sorted[index];
            text.AsSpan(start, length).CopyTo(names.AsSpan(starts[index]));
            starts[index + 1] = starts[index] + length;
        }
    }
}
