using System.Net;

namespace OppTel.Host.Survey.Page;

/// <summary>Text in a page, which means nothing but itself there.</summary>
internal static class Html
{
    /// <summary>For people: what cannot be seen is written as codes. For elements and attributes.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(ReportWords.Printable(text));

    /// <summary>For programs, which read it as it was; without control characters other than line feeds, as JSON is.</summary>
    public static string Data(string json) => WebUtility.HtmlEncode(json);
}
