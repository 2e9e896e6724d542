# Makes target\packages\Refocus-VERSION-x86_64-setup.exe on Windows. Needs Rust (MSVC) and NSIS (makensis in the path).
$ErrorActionPreference = 'Stop'
Set-Location (Join-Path $PSScriptRoot '..\..')

$version = (Select-String -Path Cargo.toml -Pattern '^version = "(.*)"').Matches[0].Groups[1].Value
$env:REFOCUS_COMMIT = git describe --always --dirty --abbrev=12
$env:CARGO_INCREMENTAL = '0'
cargo build --release --locked
if ($LASTEXITCODE -ne 0) { exit 1 }

$out = New-Item -ItemType Directory -Force target\packages
$binary = (Resolve-Path target\release\refocus.exe).Path
$notices = Join-Path $out.FullName 'third-party-notices.txt'
$bill = Join-Path $out.FullName 'refocus.cdx.json'
# cmd writes the bytes as they are; PowerShell's own redirection would change the encoding.
cmd /c "`"$binary`" about notices > `"$notices`""
cmd /c "`"$binary`" about bill > `"$bill`""

$setup = Join-Path $out.FullName "Refocus-$version-x86_64-setup.exe"
makensis "-DVERSION=$version" "-DBINARY=$binary" "-DNOTICES=$notices" "-DBILL=$bill" "-DOUT=$setup" packaging\windows\refocus.nsi
if ($LASTEXITCODE -ne 0) { exit 1 }
