using System.Net.Sockets;
using OppTel.Configuration;

namespace OppTel.Dataplane;

/// <summary>
/// The interfaces that one dataplane has. Two on one interface would send every frame twice, and not every driver refuses. The names are
/// abstract: they belong to the network namespace and go away with their owner.
/// </summary>
internal sealed class PortClaims : IDisposable
{
    private readonly List<Socket> claims = [];

    /// <summary>Claims every kernel interface among the ports.</summary>
    /// <exception cref="OperatorException">One belongs to a dataplane that runs.</exception>
    public void Take(IEnumerable<PortSpecification> ports)
    {
        foreach (PortSpecification port in ports.Where(port => port.Driver != PortDriver.Vdev))
            Take(port);
    }

    /// <summary>Gives all of them back.</summary>
    public void Dispose()
    {
        claims.ForEach(claim => claim.Dispose());
        claims.Clear();
    }

    private void Take(PortSpecification port)
    {
        Socket claim = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        claims.Add(claim);
        try
        {
            claim.Bind(new UnixDomainSocketEndPoint($"\0opptel-dataplane/{port.Interface}"));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new OperatorException(
                ExitCode.Unavailable,
                $"{port.Key}.interface: '{port.Interface}' belongs to another dataplane that is running; stop it, or name another interface",
                exception);
        }
    }
}
