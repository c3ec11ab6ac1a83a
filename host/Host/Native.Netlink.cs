using System.Runtime.InteropServices;

namespace OppTel.Host;

/// <summary>Questions to the kernel about its network.</summary>
internal static unsafe partial class Native
{
    private const int NetlinkFamily = 16;
    private const int RouteProtocol = 0;

    /// <summary>Sends one request over rtnetlink and takes the answer's first datagram; negative on failure.</summary>
    internal static nint AskRoute(ReadOnlySpan<byte> request, Span<byte> answer)
    {
        int fd = Socket(NetlinkFamily, RawSocket | CloseOnExec, RouteProtocol);
        if (fd < 0)
            return fd;
        nint result;
        fixed (byte* bytes = request, room = answer)
        {
            result = Send(fd, bytes, (nuint)request.Length, 0);
            if (result >= 0)
                result = Receive(fd, room, (nuint)answer.Length, 0);
        }

        int error = Marshal.GetLastPInvokeError();
        _ = Close(fd);
        Marshal.SetLastPInvokeError(error);
        return result;
    }
}
