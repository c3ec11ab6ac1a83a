using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using OppTel.Configuration;

namespace OppTel.Host.Tunnels;

/// <summary>Asks rtnetlink about one link: RTM_GETLINK, and the attributes of VXLAN's and Geneve's devices in its answer.</summary>
internal static class LinkReader
{
    private const int Header = 16;
    private const int LinkMessage = 16;
    private const ushort GetLink = 18;
    private const ushort NewLink = 16;
    private const ushort Request = 1;
    private const ushort TypeEthernet = 1;
    private const ushort TypeMask = 0x3FFF;
    private const int Mtu = 4;
    private const int LinkInfo = 18;
    private const int InfoKind = 1;
    private const int InfoData = 2;

    /// <summary>What the kernel tells of a link; null when there is none.</summary>
    /// <exception cref="OperatorException">The kernel does not answer.</exception>
    public static LinkFacts? Read(int index)
    {
        byte[] request = new byte[Header + LinkMessage], answer = new byte[64 << 10];
        BinaryPrimitives.WriteInt32LittleEndian(request, request.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(4), GetLink);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(6), Request);
        BinaryPrimitives.WriteInt32LittleEndian(request.AsSpan(Header + 4), index);
        nint length = Native.AskRoute(request, answer);
        if (length < 0)
            throw new OperatorException(ExitCode.System, $"rtnetlink does not answer: {Marshal.GetLastPInvokeErrorMessage()}");
        return Parse(answer.AsSpan(0, (int)length));
    }

    /// <summary>Reads an answer; null for one that is no link.</summary>
    internal static LinkFacts? Parse(ReadOnlySpan<byte> answer)
    {
        if (answer.Length < Header + LinkMessage || BinaryPrimitives.ReadUInt16LittleEndian(answer[4..]) != NewLink)
            return null;
        ReadOnlySpan<byte> attributes = answer[(Header + LinkMessage)..], info = Find(attributes, LinkInfo), data = Find(info, InfoData);
        string kind = Encoding.UTF8.GetString(Find(info, InfoKind)).TrimEnd('\0');
        TunnelAttributes tunnel = TunnelAttributes.Of(kind);
        IPAddress? remote = Address(Find(data, tunnel.Remote)) ?? Address(Find(data, tunnel.Remote6));
        bool isSix = !Find(data, tunnel.Remote6).IsEmpty || !Find(data, tunnel.Local6).IsEmpty;
        return new LinkFacts(
            BinaryPrimitives.ReadInt32LittleEndian(answer[(Header + 4)..]),
            Number(Find(attributes, Mtu)),
            BinaryPrimitives.ReadUInt16LittleEndian(answer[(Header + 2)..]) == TypeEthernet,
            kind,
            IsPresent(data, tunnel.Metadata, tunnel.IsMetadataFlag) ? OuterIp.Any : isSix ? OuterIp.Ipv6 : OuterIp.Ipv4,
            remote,
            Number(Find(data, tunnel.Lower)));
    }

    private static int Number(ReadOnlySpan<byte> bytes) => bytes.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : 0;

    private static IPAddress? Address(ReadOnlySpan<byte> bytes) => bytes.Length is 4 or 16 ? new IPAddress(bytes) : null;

    private static bool IsPresent(ReadOnlySpan<byte> data, int type, bool isFlag) =>
        Contains(data, type, out ReadOnlySpan<byte> value) && (isFlag || (value.Length > 0 && value[0] != 0));

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, int type) => Contains(attributes, type, out ReadOnlySpan<byte> value) ? value : [];

    /// <summary>Each attribute is u16 length, u16 type, value, and padding to four bytes.</summary>
    private static bool Contains(ReadOnlySpan<byte> attributes, int type, out ReadOnlySpan<byte> value)
    {
        value = [];
        while (type != 0 && attributes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length)
                return false;
            if ((BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & TypeMask) == type)
            {
                value = attributes[4..length];
                return true;
            }

            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }

        return false;
    }

    /// <summary>Numbers of attributes, 0 for what there is not. Sources: <c>IFLA_VXLAN_*</c>, <c>IFLA_GENEVE_*</c> in <c>linux/if_link.h</c>.</summary>
    private readonly record struct TunnelAttributes(int Remote, int Remote6, int Local6, int Lower, int Metadata, bool IsMetadataFlag)
    {
        public static TunnelAttributes Of(string kind) => kind switch
        {
            "vxlan" => new(2, 16, 17, 3, 25, false),
            "geneve" => new(2, 7, 0, 0, 6, true),
            _ => default,
        };
    }
}
