using System.Net.Sockets;
using OppTel.Configuration;

namespace OppTel.Host;

/// <summary>Unix sockets that other programs find by their path.</summary>
internal static class UnixDoor
{
    /// <summary>Most bytes of a path.</summary>
    public const int LongestPath = 107;

    /// <summary>Binds a socket, in place of one that nobody holds any more.</summary>
    /// <param name="socket">Of the family Unix; disposed where it cannot be bound.</param>
    /// <param name="path">Where.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="key">Names the path in the configuration.</param>
    /// <exception cref="OperatorException">The path cannot be had.</exception>
    public static void Bind(Socket socket, string path, UnixFileMode mode, string key)
    {
        try
        {
            RemoveLeftover(path, socket.SocketType);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, mode);
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new OperatorException(ExitCode.Unavailable, $"cannot listen at {path} ({key}): {exception.Message}", exception);
        }
    }

    /// <summary>Reads the keys "socket" and "mode".</summary>
    public static (string Path, UnixFileMode Mode) Read(ConfigurationSection section)
    {
        string path = section.RequiredText("socket"), mode = section.Text("mode", "0660");
        if (path.Length > 0 && (!Path.IsPathRooted(path) || System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath))
            section.Report("socket", $"'{path}' is no absolute path of at most {LongestPath} bytes");
        bool isMode = mode.Length is 3 or 4 && mode.All(digit => digit is >= '0' and <= '7');
        if (!isMode)
            section.Report("mode", $"'{mode}' is not three or four octal digits, such as 0660");
        return (path, isMode ? (UnixFileMode)Convert.ToInt32(mode, 8) : UnixFileMode.None);
    }

    /// <summary>A socket that refuses connections has no owner; anything else is somebody's.</summary>
    private static void RemoveLeftover(string path, SocketType type)
    {
        if (!Path.Exists(path))
            return;
        using Socket probe = new(AddressFamily.Unix, type, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }
}
