namespace OppTel.Bpf;

/// <summary>Asks the kernel which filters an interface's clsact qdisc has; libbpf only knows how to remove them all.</summary>
internal static unsafe class ClsactFilters
{
    private const int NetlinkFamily = 16;
    private const int RawCloseOnExec = 3 | 0x80000;
    private const int RouteProtocol = 0;
    private const ushort GetFilter = 46;
    private const ushort RequestDump = 0x301;
    private const ushort Done = 3;
    private const uint Ingress = 0xFFFF_FFF2;
    private const uint Egress = 0xFFFF_FFF3;

    /// <summary>Whether any filter is left, in either direction; true also when the kernel does not answer.</summary>
    internal static bool Any(int interfaceIndex)
    {
        int socket = LibBpf.Socket(NetlinkFamily, RawCloseOnExec, RouteProtocol);
        if (socket < 0)
            return true;
        bool any = Any(socket, interfaceIndex, Ingress) || Any(socket, interfaceIndex, Egress);
        _ = LibBpf.Close(socket);
        return any;
    }

    private static bool Any(int socket, int interfaceIndex, uint parent)
    {
        const int AnswerSize = 32768;
        Request request = new() { Length = (uint)sizeof(Request), Type = GetFilter, Flags = RequestDump, InterfaceIndex = interfaceIndex, Parent = parent };
        if (LibBpf.Send(socket, &request, (nuint)sizeof(Request), 0) != sizeof(Request))
            return true;
        byte* answer = stackalloc byte[AnswerSize];
        nint length = LibBpf.Receive(socket, answer, AnswerSize, 0);
        // An empty dump is its end alone; errors are no filters either, but no proof of emptiness.
        return length < sizeof(uint) + sizeof(ushort) || *(ushort*)(answer + sizeof(uint)) != Done;
    }

    /// <summary><c>struct nlmsghdr</c> and <c>struct tcmsg</c>.</summary>
    private struct Request
    {
        internal uint Length;
        internal ushort Type;
        internal ushort Flags;
        internal uint Sequence;
        internal uint Port;
        internal uint Family;
        internal int InterfaceIndex;
        internal uint Handle;
        internal uint Parent;
        internal uint Information;
    }
}
