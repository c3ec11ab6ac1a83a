using System.Net.Sockets;
using OppTel.Configuration;

namespace OppTel.Host;

/// <summary>Unix sockets that other programs find by their path.</summary>
internal static class UnixDoor
{
    /// <summary>Most bytes of a path.</summary>
    public const int LongestPath = 107;

    private const int SocketLevel = 1, PassRights = 83;

    /// <summary>Binds a socket, in place of one that nobody holds any more; it takes no descriptors where the kernel lets it say so.</summary>
    /// <param name="socket">Of the family Unix; disposed where it cannot be bound.</param>
    /// <param name="path">Where.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="key">Names the path in the configuration.</param>
    /// <exception cref="OperatorException">The path cannot be had.</exception>
    public static void Bind(Socket socket, string path, UnixFileMode mode, string key)
    {
        try
        {
            RemoveLeftover(path, socket.SocketType, key);
            RefuseDescriptors(socket);
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

    /// <summary>Removes the path of a socket; where that is refused, as root's rights are given up by then, the next start does it.</summary>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A socket that nobody holds any more harms nobody.
        }
    }

    /// <summary>A socket that refuses connections has no owner; anything else is somebody's.</summary>
    private static void RemoveLeftover(string path, SocketType type, string key)
    {
        if (Native.IsSocket(path) is not { } isSocket)
            return;
        if (!isSocket)
            throw new IOException($"there is something that is no socket; remove it, or give {key} another path");
        using Socket probe = new(AddressFamily.Unix, type, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException exception)
        {
            // Any other answer, also that there is no room, is an owner's; to bind fails then.
            if (exception.SocketErrorCode == SocketError.ConnectionRefused)
                File.Delete(path);
        }
    }

    /// <summary>
    /// A descriptor that a message carries is closed when the message is received, which takes as long as its socket lingers: since Linux
    /// 6.16 who sends one is refused.
    /// </summary>
    private static void RefuseDescriptors(Socket socket)
    {
        try
        {
            socket.SetRawSocketOption(SocketLevel, PassRights, new byte[sizeof(int)]);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ProtocolOption)
        {
            // An older kernel has no such option.
        }
    }
}
