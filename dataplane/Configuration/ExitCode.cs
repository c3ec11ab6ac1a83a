namespace OppTel.Configuration;

/// <summary>Exit codes of every OppTel program, after sysexits.h.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>Failed while running.</summary>
    public const int Runtime = 1;

    /// <summary>Wrong command line.</summary>
    public const int Usage = 64;

    /// <summary>An input file is not what it should be.</summary>
    public const int BadInput = 65;

    /// <summary>Something that has to be there is not: an interface, a library, a peer, a port that is in use.</summary>
    public const int Unavailable = 69;

    /// <summary>The operating system refused.</summary>
    public const int System = 71;

    /// <summary>A capability is missing.</summary>
    public const int NoPermission = 77;

    /// <summary>The configuration is wrong.</summary>
    public const int Configuration = 78;
}

/// <summary>
/// A failure that the user can do something about: one message that names the object, the value and the remedy, and the
/// exit code that <c>Main</c> returns for it.
/// </summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="message">What failed, on which object, with which value, and what to do.</param>
/// <param name="inner">The cause, if another exception told of it.</param>
public class OperatorException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>One of <see cref="Configuration.ExitCode"/>.</summary>
    public int ExitCode { get; } = exitCode;
}
