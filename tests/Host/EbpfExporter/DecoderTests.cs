using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using OppTel.Host.EbpfExporter;
using OppTel.Host.EbpfExporter.Decoders;

namespace OppTel.Host.Tests.EbpfExporter;

/// <summary>What decoders make of bytes, and where in a key those are.</summary>
public sealed class DecoderTests : IDisposable
{
    private readonly DecoderContext context = new([]);

    public void Dispose() => context.Dispose();

    [Theory]
    [InlineData("hex", "00ff10", "00ff10")]
    [InlineData("string", "61620063", "ab")]
    [InlineData("string", "6162", "ab")]
    [InlineData("string", "00", "")]
    [InlineData("inet_ip", "0a000001", "10.0.0.1")]
    [InlineData("inet_ip", "20010db8000000000000000000000001", "2001:db8::1")]
    [InlineData("inet_ip", "00000000000000000000ffff0a000001", "10.0.0.1")]
    [InlineData("dname", "0777656261686374026f6b00000000", "webahct.ok")]
    [InlineData("dname", "00", ".")]
    [InlineData("dname", "0561", "\u0005a")]
    public void BytesBecomeTexts(string name, string bytes, string text) =>
        Assert.Equal(text, Encoding.UTF8.GetString(DecoderKinds.All[name].Decode(Convert.FromHexString(bytes), context)!));

    [Theory]
    [InlineData("18446744073709551615", "unknown_cgroup_id:18446744073709551615")]
    [InlineData("no number", "unknown_cgroup_id:no number")]
    public void ACgroupThatIsGoneIsShownByItsNumber(string text, string label)
    {
        Decode decode = DecoderKinds.All["cgroup"].Decode;
        using DecoderContext cgroups = new([new OppTel.Host.EbpfExporter.Decoders.Decoder("cgroup", decode)]);
        Assert.Equal(label, Encoding.UTF8.GetString(decode(Encoding.UTF8.GetBytes(text), cgroups)!));
    }

    [Fact]
    public void NumbersOfAllSizesAreRead() => Gen.Select(Gen.ULong, Gen.Int[0, 3]).Sample((value, power) =>
    {
        int size = 1 << power;
        ulong expected = size == 8 ? value : value & ((1ul << (8 * size)) - 1);
        Assert.Equal($"{expected}", Encoding.UTF8.GetString(DecoderKinds.All["uint"].Decode(BitConverter.GetBytes(value)[..size], context)!));
    });

    /// <summary>A key is its labels one behind the other, each with its padding, which may hold anything.</summary>
    [Fact]
    public void EachLabelIsMadeOfItsOwnBytes() => Gen.Select(Gen.Select(Gen.Byte.Array[1, 16], Gen.Byte.Array[0, 7]), (value, padding) => (value, padding)).List[1, 8].Sample(parts =>
    {
        StringBuilder text = new("metrics: { counters: [{ name: a, help: A., labels: [");
        for (int label = 0; label < parts.Count; label++)
            text.Append(CultureInfo.InvariantCulture, $"{{ name: l{label}, size: {parts[label].value.Length}, padding: {parts[label].padding.Length}, decoders: [{{ name: hex }}] }},");
        KeyLayout layout = ExporterFile.Parse("/x/a.yaml", text.Append("] }] }").ToString()).Metrics[0].Layout;
        byte[] key = [.. parts.SelectMany(part => part.value.Concat(part.padding))];
        Assert.Equal(key.Length, layout.KeySize(isPerCpu: false));
        SortedDictionary<string, string> labels = layout.Decode(key, context)!;
        Assert.Equal(parts.Select((part, label) => ($"l{label}", Convert.ToHexStringLower(part.value))), labels.Select(label => (label.Key, label.Value)));
    });

    [Fact]
    public void NamesOfSystemCallsAreThoseOfTheKernelsHeaders()
    {
        Dictionary<ulong, string> known = Defined("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", @"^#define __NR_(\w+)\s+(\d+)$");
        Compare(NumberNames.Syscalls(Architecture.X64), known);
        // What the header defines under a condition has another name there, or is for other machines.
        Dictionary<ulong, string> arm = Defined("/usr/include/asm-generic/unistd.h", @"^#define __NR(?:3264)?_(\w+)\s+(\d+)$");
        arm.Keys.Where(number => number is >= 403 and <= 423).ToList().ForEach(number => arm.Remove(number));
        foreach (string other in (string[])["arch_specific_syscall", "syscalls", "fstatat", "sync_file_range2"])
            arm.Where(entry => entry.Value == other).ToList().ForEach(entry => arm.Remove(entry.Key));
        Compare(NumberNames.Syscalls(Architecture.Arm64), arm);
    }

    [Fact]
    public void NamesOfErrorsAreThoseOfTheKernelsHeaders()
    {
        foreach (string header in (string[])["errno-base.h", "errno.h"])
        {
            foreach ((ulong number, string name) in Defined($"/usr/include/asm-generic/{header}", @"^#define\s+(E\w+)\s+(\d+)\b"))
                Assert.Equal(name, NumberNames.Error(number));
        }
    }

    private static void Compare(IReadOnlyDictionary<ulong, string> names, Dictionary<ulong, string> known)
    {
        Assert.True(known.Count > 280);
        Assert.All(known, entry => Assert.Equal(entry.Value, names[entry.Key]));
        Assert.All(names.Where(entry => entry.Key <= known.Keys.Max()), entry => Assert.True(known.ContainsKey(entry.Key) || entry.Value is "uretprobe" or "uprobe" or "newfstatat" or "sync_file_range", entry.Value));
    }

    private static Dictionary<ulong, string> Defined(string header, string pattern) => File.ReadLines(header)
        .Select(line => Regex.Match(line, pattern))
        .Where(match => match.Success)
        .DistinctBy(match => match.Groups[2].Value)
        .ToDictionary(match => ulong.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture), match => match.Groups[1].Value);
}
