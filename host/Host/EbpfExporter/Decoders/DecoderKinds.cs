using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using OppTel.Host.Catalog;

namespace OppTel.Host.EbpfExporter.Decoders;

/// <summary>What a decoder can stand behind.</summary>
internal enum DecoderPlace
{
    /// <summary>It reads the bytes of the key.</summary>
    First,

    /// <summary>It reads what another decoder made.</summary>
    Behind,

    /// <summary>It reads either.</summary>
    Anywhere,
}

/// <summary>A decoder without settings.</summary>
/// <param name="Place">What it reads.</param>
/// <param name="Sizes">Bytes of a key that it understands; empty for any number.</param>
/// <param name="Decode">What it does.</param>
internal sealed record DecoderKind(DecoderPlace Place, int[] Sizes, Decode Decode);

/// <summary>The decoders that need no settings: what each makes of what it gets is the same as in ebpf_exporter.</summary>
internal static class DecoderKinds
{
    /// <summary>The decoder of a cgroup's id.</summary>
    public const string Cgroup = "cgroup";

    /// <summary>The decoder of an address in the kernel.</summary>
    public const string KernelSymbol = "ksym";

    /// <summary>The decoder of a number.</summary>
    public const string Number = "uint";

    /// <summary>By their names.</summary>
    public static IReadOnlyDictionary<string, DecoderKind> All { get; } = new SortedDictionary<string, DecoderKind>(StringComparer.Ordinal)
    {
        [Cgroup] = new(DecoderPlace.Behind, [], (value, context) => Named(value, context.Cgroup, "unknown_cgroup_id")),
        ["dname"] = new(DecoderPlace.Anywhere, [], (value, _) => DomainName(value)),
        ["errno"] = new(DecoderPlace.Behind, [], (value, _) => Named(value, NumberNames.Error, "unknown")),
        ["hex"] = new(DecoderPlace.First, [], (value, _) => Text(Convert.ToHexStringLower(value))),
        ["ifname"] = new(DecoderPlace.First, [4], (value, _) => Text(Native.InterfaceName((uint)NumberOf(value)) ?? string.Create(CultureInfo.InvariantCulture, $"unknown:{NumberOf(value)}"))),
        ["inet_ip"] = new(DecoderPlace.First, [4, 16], (value, _) => Text(Address(value))),
        [KernelSymbol] = new(DecoderPlace.First, [8], (value, context) => Text(context.Symbols?.Find(NumberOf(value)) ?? string.Create(CultureInfo.InvariantCulture, $"unknown_addr:0x{NumberOf(value):x}"))),
        ["majorminor"] = new(DecoderPlace.First, [4], (value, context) => Text(Device((uint)NumberOf(value), context))),
        ["string"] = new(DecoderPlace.First, [], (value, _) => value.AsSpan().IndexOf((byte)0) is var end and >= 0 ? value[..end] : value),
        ["syscall"] = new(DecoderPlace.Behind, [], (value, _) => Named(value, NumberNames.Syscall, "unknown_syscall")),
        [Number] = new(DecoderPlace.First, [1, 2, 4, 8], (value, _) => Text(NumberOf(value).ToString(CultureInfo.InvariantCulture))),
    };

    /// <summary>An unsigned number of 1, 2, 4 or 8 bytes in the machine's order.</summary>
    public static ulong NumberOf(ReadOnlySpan<byte> value) => value.Length switch
    {
        1 => value[0],
        2 => MemoryMarshal.Read<ushort>(value),
        4 => MemoryMarshal.Read<uint>(value),
        _ => MemoryMarshal.Read<ulong>(value),
    };

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>What has no name is shown as its number behind a word.</summary>
    private static byte[] Named(byte[] value, Func<ulong, string?> find, string unknown)
    {
        string text = Encoding.UTF8.GetString(value);
        return Text((ulong.TryParse(text, CultureInfo.InvariantCulture, out ulong number) ? find(number) : null) ?? $"{unknown}:{text}");
    }

    /// <summary>IPv4 addresses in IPv6 form are shown as such, as Go does.</summary>
    private static string Address(byte[] value)
    {
        IPAddress address = new(value);
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }

    /// <summary>Labels of a DNS name, each behind its length (RFC 1035, section 3.1), joined by dots; as it is when it is none.</summary>
    private static byte[] DomainName(byte[] value)
    {
        List<byte> name = [];
        for (int at = 0; at < value.Length && value[at] != 0; at += value[at] + 1)
        {
            if (at + 1 + value[at] > value.Length)
                return value;
            if (at > 0)
                name.Add((byte)'.');
            name.AddRange(value.AsSpan(at + 1, value[at]));
        }

        return name.Count == 0 ? "."u8.ToArray() : [.. name];
    }

    /// <summary>A device number as the kernel shows it to programs: 12 bits of the major one between 8 and 12 of the minor one.</summary>
    private static string Device(uint number, DecoderContext context)
    {
        ulong major = (number >> 8) & 0xFFF, minor = (number & 0xFF) | ((number >> 12) & 0xFFF00);
        return context.Disk((major << Disks.MinorBits) | minor) ?? string.Create(CultureInfo.InvariantCulture, $"unknown:{major}:{minor}");
    }
}
