using System.Text.RegularExpressions;

namespace OppTel.Wire.Tests;

/// <summary>What the specification, the C headers and C# say of the same numbers is the same.</summary>
public sealed partial class DocumentTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(Checkout.Root, "bpf", "WIRE.md"));
    private static readonly string Headers = string.Concat(
        ((string[])["wire.h", "control.h", "reasons.h", "l3.h"]).Select(name => File.ReadAllText(Path.Combine(Checkout.Root, "bpf", "include", "opptel", name))));

    [Fact]
    public void StripReasonsAgree()
    {
        Assert.Equal(Enumerators("opptel_strip_reason"), TableNumbers("| number | reason |", nameColumn: 2));
        Assert.Equal(
            Enumerators("opptel_strip_reason"),
            Enum.GetValues<StripReason>().ToDictionary(reason => reason.Label(), reason => (int)reason));
    }

    [Fact]
    public void EgressReasonsAgree() =>
        Assert.Equal(Enumerators("opptel_egress_reason"), TableNumbers("| number | step | reason |", nameColumn: 3));

    [Fact]
    public void ControlKindsAgree()
    {
        Assert.Equal(Enumerators("opptel_control_kind"), TableNumbers("| kind | name | from | payload |", nameColumn: 2));
        Assert.Equal(
            Enumerators("opptel_control_kind"),
            Enum.GetValues<ControlKind>().Where(kind => kind != ControlKind.None).ToDictionary(kind => kind.ToString().ToLowerInvariant(), kind => (int)kind));
    }

    [Fact]
    public void TrailerFlagsAgree()
    {
        Assert.Equal(
            Enumerators("opptel_trailer_flag"),
            Table("| flag | value | meaning |").ToDictionary(row => row[1], row => int.Parse(row[2])));
        Assert.Equal(
            Enumerators("opptel_trailer_flag"),
            Enum.GetValues<TrailerFlags>().Where(flag => flag != TrailerFlags.None).ToDictionary(flag => flag.ToString().ToLowerInvariant(), flag => (int)flag));
    }

    [Theory]
    [InlineData("opptel_footer", 0)]
    [InlineData("opptel_control", 1)]
    [InlineData("opptel_beacon", 2)]
    [InlineData("opptel_beacon_boost", 3)]
    public void FieldsStandWhereTheHeaderHasThem(string structure, int table)
    {
        Dictionary<string, int> fields = Fields(structure);
        Assert.NotEmpty(fields);
        Assert.Equal(fields, Table("| offset | field | meaning |", table).ToDictionary(row => row[2].Split(' ')[1], row => int.Parse(row[1])));
    }

    [Fact]
    public void ConstantsAgree()
    {
        Assert.Equal(WireFormat.Magic, Constant("OPPTEL_TRAILER_MAGIC"));
        Assert.Equal(WireFormat.Version, Constant("OPPTEL_WIRE_VERSION"));
        Assert.Equal(WireFormat.FooterSize, Constant("OPPTEL_FOOTER_SIZE"));
        Assert.Equal(WireFormat.ValueSize, Constant("OPPTEL_VALUE_SIZE"));
        Assert.Equal(WireFormat.SampleSize, Constant("OPPTEL_SAMPLE_SIZE"));
        Assert.Equal(WireFormat.TagSize, Constant("OPPTEL_TAG_SIZE"));
        Assert.Equal(EtherType.Control, Constant("OPPTEL_CONTROL_ETHERTYPE"));
        Assert.Equal(ControlHeader.CurrentVersion, Constant("OPPTEL_CONTROL_VERSION"));
        Assert.Equal(Beacon.MaxStreams, Constant("OPPTEL_BEACON_STREAMS"));
        Assert.Equal(Beacon.MaxBoosts, Constant("OPPTEL_BEACON_BOOSTS"));
        Assert.Equal(EtherType.Ipv4, Constant("OPPTEL_ETHERTYPE_IPV4"));
        Assert.Equal(EtherType.Ipv6, Constant("OPPTEL_ETHERTYPE_IPV6"));
        Assert.Equal(EtherType.Arp, Constant("OPPTEL_ETHERTYPE_ARP"));
        Assert.Equal(EtherType.Vlan, Constant("OPPTEL_ETHERTYPE_VLAN"));
        Assert.Equal(EtherType.ServiceVlan, Constant("OPPTEL_ETHERTYPE_SERVICE_VLAN"));
        byte[] group = [.. Number().Matches(Block("#define OPPTEL_CONTROL_GROUP", "}")).Select(match => Convert.ToByte(match.Value, 16))];
        Assert.Equal(ControlFrame.Group, group);
        Assert.Contains($"= {WireFormat.MaxTrailerSize} bytes", Document);
    }

    /// <summary>The names of an enumeration in lower case, without their common prefix and without the count at its end.</summary>
    private static Dictionary<string, int> Enumerators(string name)
    {
        Dictionary<string, int> found = Enumerator().Matches(Block($"enum {name} {{", "};"))
            .ToDictionary(match => match.Groups[1].Value.ToLowerInvariant(), match => int.Parse(match.Groups[2].Value));
        Assert.NotEmpty(found);
        string prefix = found.Keys.First()[..(found.Keys.First().IndexOf('_', "opptel_".Length) + 1)];
        return found.ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value);
    }

    /// <summary>Names and offsets of a packed structure up to its first member of another structure.</summary>
    private static Dictionary<string, int> Fields(string name)
    {
        Dictionary<string, int> fields = [];
        int offset = 0;
        foreach (Match match in Field().Matches(Block($"struct {name} {{", "}")))
        {
            fields.Add(match.Groups[2].Value, offset);
            int count = match.Groups[3].Success ? int.Parse(match.Groups[3].Value) : 1;
            offset += int.Parse(match.Groups[1].Value) / 8 * count;
        }

        return fields;
    }

    private static int Constant(string name)
    {
        string text = Regex.Match(Headers, $@"#define {name} (\w+)").Groups[1].Value;
        return text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToInt32(text, 16) : int.Parse(text);
    }

    private static Dictionary<string, int> TableNumbers(string heading, int nameColumn) =>
        Table(heading).ToDictionary(row => row[nameColumn], row => int.Parse(row[1]));

    private static List<string[]> Table(string heading, int occurrence = 0)
    {
        string[] lines = Document.Split('\n');
        int[] starts = [.. lines.Index().Where(line => line.Item == heading).Select(line => line.Index)];
        Assert.True(starts.Length > occurrence, $"there is no table {heading}");
        return [.. lines.Skip(starts[occurrence] + 2).TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('|', StringSplitOptions.TrimEntries))];
    }

    private static string Block(string start, string end)
    {
        int from = Headers.IndexOf(start, StringComparison.Ordinal);
        Assert.True(from >= 0, $"no header has '{start}'");
        return Headers[(from + start.Length)..Headers.IndexOf(end, from, StringComparison.Ordinal)];
    }

    [GeneratedRegex(@"(OPPTEL_\w+) = (\d+)")]
    private static partial Regex Enumerator();

    [GeneratedRegex(@"__u(\d+) (\w+)(?:\[(\d+)\])?;")]
    private static partial Regex Field();

    [GeneratedRegex("0x[0-9A-F]{2}")]
    private static partial Regex Number();
}
