; Inno Setup: the installer for Windows, from the folder that packaging\windows\build.ps1 makes in dist\reelfind.
; iscc /DVersion=0.1.0 packaging\windows\reelfind.iss      build.ps1 does it, with the version of engine/version.py

#ifndef Version
  #error Say the version: iscc /DVersion=... (build.ps1 does)
#endif

[Setup]
AppId={{6B1F0E0C-5D64-4F53-9F0B-52656C66696E}
AppName=Reelfind
AppVersion={#Version}
AppPublisher=Reelfind
DefaultDirName={autopf}\Reelfind
DefaultGroupName=Reelfind
DisableProgramGroupPage=yes
; Installs for one user without asking for rights; whoever wants it for all can say so.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\dist\reelfind\licences\LICENCES.md
SetupIconFile=..\..\build\icons\reelfind.ico
UninstallDisplayIcon={app}\reelfind-window.exe
OutputDir=..\..\dist
OutputBaseFilename=Reelfind-{#Version}-setup
Compression=lzma2
SolidCompression=yes
ChangesAssociations=yes
ChangesEnvironment=yes
WizardStyle=modern

[Files]
Source: "..\..\dist\reelfind\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Tasks]
Name: "path"; Description: "Let the command ""reelfind"" be typed in a terminal"
Name: "openwith"; Description: "Offer Reelfind under ""Open with"" for videos"

[Icons]
Name: "{autoprograms}\Reelfind"; Filename: "{app}\reelfind-window.exe"

[Registry]
; Offered beside other programs, never put in their place.
Root: HKA; Subkey: "Software\Classes\Applications\reelfind-window.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "Reelfind"; Flags: uninsdeletekey; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\Applications\reelfind-window.exe\shell\open\command"; ValueType: string; ValueData: """{app}\reelfind-window.exe"" ""%1"""; Tasks: openwith
Root: HKA; Subkey: "Software\Classes\SystemFileAssociations\video\OpenWithList\reelfind-window.exe"; Flags: uninsdeletekey; Tasks: openwith
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Check: IsNewOnPath; Tasks: path

[Code]
function IsNewOnPath: Boolean;
var
  Existing: String;
begin
  Result := (not RegQueryStringValue(HKEY_CURRENT_USER, 'Environment', 'Path', Existing))
    or (Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(Existing) + ';') = 0);
end;
