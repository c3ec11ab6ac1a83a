using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using OppTel.Configuration;

namespace OppTel.Aggregator.Web;

/// <summary>
/// Answers only for its own names. Somebody else's name that is made to lead here (DNS rebinding) would make their page one of this address,
/// which reads everything. No page of theirs is at an address or at this machine's names; where there is TLS, the certificate tells.
/// </summary>
/// <param name="names">What else it is called: names, or <c>*.</c> and the end of one, or <c>*</c>.</param>
internal sealed class HostNames(IReadOnlyList<string> names)
{
    private const string Key = "hosts";

    /// <summary>Reads the key <c>hosts</c>; what is no name is reported there.</summary>
    public static IReadOnlyList<string> Read(ConfigurationSection root)
    {
        IReadOnlyList<string> names = root.Texts(Key);
        foreach (string name in names)
        {
            string end = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
            if (name != "*" && Uri.CheckHostName(end) != UriHostNameType.Dns)
                root.Report(Key, $"'{name}' is not a host name without a port, such as dpu.example, *.example or *");
        }

        return names;
    }

    /// <summary>Answers requests for other names with 421, but for <c>/healthz</c> and <c>/readyz</c>, which tell nothing.</summary>
    public void Guard(WebApplication app) => app.Use((context, next) =>
        BasicAuthentication.IsOpen(context.Request.Path) || IsOwn(context.Request.Host.Host) ? next(context) : Refuse(context));

    /// <summary>Whether a name, or an address in the brackets of a URL, is one of this server; what gives none is no browser.</summary>
    internal bool IsOwn(string host)
    {
        string name = host.EndsWith('.') ? host[..^1] : host;
        return name.Length == 0 || IPAddress.TryParse(name, out _) || IsSame(name, "localhost") || EndsIn(name, ".localhost")
            || IsSame(name, Environment.MachineName) || names.Any(own => Matches(own, name));
    }

    private static bool Matches(string own, string name) =>
        own == "*" || (own.StartsWith("*.", StringComparison.Ordinal) ? EndsIn(name, own[1..]) : IsSame(name, own));

    private static bool IsSame(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static bool EndsIn(string name, string end) => name.EndsWith(end, StringComparison.OrdinalIgnoreCase);

    private static Task Refuse(HttpContext context) => RequestErrors.Write(
        context, StatusCodes.Status421MisdirectedRequest,
        $"'{context.Request.Host.Host}' is not a name of this server; if it is, say so in the configuration: {Key}: [\"{context.Request.Host.Host}\"]");
}
