using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace OppTel.Aggregator.Web;

/// <summary>The live page: the files of <c>dataplane/Page</c>, bundled and compressed at build time.</summary>
internal static class PageFiles
{
    /// <summary>Nothing comes from elsewhere, nothing goes elsewhere, and nobody frames it.</summary>
    public const string Policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps <c>/</c> and what the page consists of.</summary>
    public static void Map(WebApplication app)
    {
        Add(app, "/", "index.html", "text/html; charset=utf-8");
        Add(app, "/page.js", "page.js", "text/javascript; charset=utf-8");
        Add(app, "/page.css", "page.css", "text/css; charset=utf-8");
        Add(app, "/icon.svg", "icon.svg", "image/svg+xml");
    }

    private static void Add(WebApplication app, string path, string name, string type)
    {
        byte[] compressed = Read(name);
        byte[] plain = Decompress(compressed);
        EntityTagHeaderValue tag = new($"\"{Convert.ToHexStringLower(SHA256.HashData(plain)[..12])}\"", isWeak: true);
        app.MapMethods(path, Methods, (HttpContext context) => Answer(context, compressed, plain, tag, type));
    }

    private static Task Answer(HttpContext context, byte[] compressed, byte[] plain, EntityTagHeaderValue tag, string type)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ETag = tag.ToString();
        // Kept, and asked for again: an upgrade shows at once, and all else is an empty answer.
        headers.CacheControl = "no-cache";
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(tag, useStrongComparison: false)))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        bool takesGzip = context.Request.GetTypedHeaders().AcceptEncoding.Any(encoding => encoding.Value == "gzip" && encoding.Quality != 0);
        if (takesGzip)
            headers.ContentEncoding = "gzip";
        byte[] body = takesGzip ? compressed : plain;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static byte[] Read(string name)
    {
        using Stream resource = typeof(PageFiles).Assembly.GetManifestResourceStream("page/" + name)
            ?? throw new InvalidOperationException($"the program was built without {name} of its page");
        byte[] bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }

    private static byte[] Decompress(byte[] compressed)
    {
        using GZipStream gzip = new(new MemoryStream(compressed), CompressionMode.Decompress);
        using MemoryStream plain = new();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
