using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace OppTel.Aggregator.Web;

/// <summary>
/// Refuses what pages of other sites make an operator's browser do here: it would come with the operator's password, or from the machine
/// that may reach this one. Who is no browser says nothing of sites and is let through.
/// </summary>
internal static class CrossSite
{
    /// <summary>Answers such requests with 403.</summary>
    public static void Guard(WebApplication app) => app.Use((context, next) => IsAllowed(context.Request)
        ? next(context)
        : RequestErrors.Write(context, StatusCodes.Status403Forbidden, "a page of another site asks for this; only pages of this address may"));

    /// <summary>Whether a request changes nothing, or comes from a page of this address or from no page.</summary>
    internal static bool IsAllowed(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
            return true;
        // Browsers say this of addresses that they trust, and through proxies that change the host as well.
        if (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site)
            return site is ["same-origin"] or ["none"];
        return request.Headers.Origin is not { Count: > 0 } origin
            || (Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
