using System.CommandLine;
using OppTel.Configuration;
using OppTel.Exports.Push;

namespace OppTel.Aggregator.Commands;

/// <summary>Options of a command that asks a running aggregator: where it is, and what it wants to know. Secrets come from files.</summary>
internal sealed class ServerOptions
{
    private readonly Option<string> url = new("--url")
    {
        Description = "The aggregator.",
        HelpName = "URL",
        DefaultValueFactory = _ => "http://127.0.0.1:9435",
    };

    private readonly Option<string?> user = new("--user") { Description = "Who asks, when it has basic_auth.", HelpName = "NAME" };

    private readonly Option<string?> password = new("--password-file") { Description = "With the user's password; others must not be able to read it.", HelpName = "FILE" };

    private readonly Option<string?> authority = new("--ca-file")
    {
        Description = "Certificates in PEM that the server's has to come from; by default the system's.",
        HelpName = "FILE",
    };

    /// <summary>Gives a command these options.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[url, user, password, authority])
            command.Add(option);
    }

    /// <summary>What a command line says.</summary>
    /// <exception cref="OperatorException">It makes no sense.</exception>
    public HttpSettings Read(ParseResult result)
    {
        (string? name, string? file) = (result.GetValue(user), result.GetValue(password));
        if (name is null != file is null)
            throw new OperatorException(ExitCode.Usage, "--user and --password-file go together; give both or none");
        return new HttpSettings
        {
            Url = Address(result.GetRequiredValue(url)),
            Headers = new Dictionary<string, string>(),
            BearerTokenFile = null,
            User = name,
            PasswordFile = file,
            CaFile = result.GetValue(authority),
        };
    }

    private static Uri Address(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            throw new OperatorException(ExitCode.Usage, $"--url '{text}' is not an address such as http://127.0.0.1:9435");
        // Everybody on the machine sees a command line.
        if (address.UserInfo.Length > 0)
            throw new OperatorException(ExitCode.Usage, "--url has a name or a password in it; give --user and --password-file");
        return address;
    }
}
