using System.Net.Sockets;
using OppTel.Configuration;

namespace OppTel.Host;

/// <summary>
/// Keeps a second process from doing the same on one interface. The name is abstract: it belongs to the network namespace, as the
/// interface does, and ends with the process.
/// </summary>
internal static class InterfaceClaim
{
    private const int AlreadyBound = 98;

    /// <summary>Takes the claim until it is disposed.</summary>
    /// <param name="what">Who claims, the same for all that exclude each other.</param>
    /// <param name="name">The interface.</param>
    /// <param name="remedy">What to do when another process has it.</param>
    /// <exception cref="OperatorException">Another process has it.</exception>
    public static IDisposable Take(string what, string name, string remedy)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint($"\0{what}/{name}"));
            return socket;
        }
        catch (SocketException exception) when (exception.NativeErrorCode == AlreadyBound)
        {
            socket.Dispose();
            throw new OperatorException(ExitCode.Unavailable, $"another {what} is on {name}; {remedy}", exception);
        }
    }
}
