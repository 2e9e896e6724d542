; Installer for Windows, for one person and without administrator rights.
; makensis -DVERSION=0.1.0 -DBINARY=..\..\target\release\refocus.exe -DNOTICES=... -DBILL=... -DOUT=... refocus.nsi
Unicode true
SetCompressor /SOLID lzma
RequestExecutionLevel user
!include "MUI2.nsh"

Name "Refocus"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Refocus"
InstallDirRegKey HKCU "Software\Refocus" "Folder"

VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Refocus"
VIAddVersionKey "FileDescription" "Installer of Refocus"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "MIT OR Apache-2.0"

!define MUI_ICON "../assets/icons/refocus.ico"
!define MUI_UNICON "../assets/icons/refocus.ico"
!define MUI_FINISHPAGE_RUN "$INSTDIR\refocus.exe"
!insertmacro MUI_PAGE_LICENSE "../../LICENSE-MIT"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

!define REMOVAL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Refocus"

; "Open with Refocus" in the Explorer's menu of a kind of thing.
!macro OpenWith KIND
  WriteRegStr HKCU "Software\Classes\${KIND}\shell\Refocus" "" "Open with Refocus"
  WriteRegStr HKCU "Software\Classes\${KIND}\shell\Refocus" "Icon" "$INSTDIR\refocus.exe,0"
  WriteRegStr HKCU "Software\Classes\${KIND}\shell\Refocus\command" "" '"$INSTDIR\refocus.exe" "%1"'
!macroend

Section "Refocus"
  SetOutPath "$INSTDIR"
  File "/oname=refocus.exe" "${BINARY}"
  File "../../LICENSE-MIT"
  File "../../LICENSE-APACHE"
  File "/oname=third-party-notices.txt" "${NOTICES}"
  File "/oname=refocus.cdx.json" "${BILL}"
  WriteUninstaller "$INSTDIR\uninstall.exe"

  ; The program can be used from a command line as well and brings a console with it: it is kept out of the way.
  CreateShortcut "$SMPROGRAMS\Refocus.lnk" "$INSTDIR\refocus.exe" "" "$INSTDIR\refocus.exe" 0 SW_SHOWMINIMIZED

  !insertmacro OpenWith "Directory"
  !insertmacro OpenWith "SystemFileAssociations\image"

  ; In the list of programs that can open these.
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe" "FriendlyAppName" "Refocus"
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\shell\open\command" "" '"$INSTDIR\refocus.exe" "%1"'
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".jpg" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".jpeg" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".png" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".webp" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".jxl" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".heic" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".heif" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".avif" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".gif" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".bmp" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".tif" ""
  WriteRegStr HKCU "Software\Classes\Applications\refocus.exe\SupportedTypes" ".tiff" ""

  WriteRegStr HKCU "Software\Refocus" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${REMOVAL}" "DisplayName" "Refocus"
  WriteRegStr HKCU "${REMOVAL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${REMOVAL}" "DisplayIcon" "$INSTDIR\refocus.exe,0"
  WriteRegStr HKCU "${REMOVAL}" "Publisher" "The Refocus developers"
  WriteRegStr HKCU "${REMOVAL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegDWORD HKCU "${REMOVAL}" "NoModify" 1
  WriteRegDWORD HKCU "${REMOVAL}" "NoRepair" 1
SectionEnd

; The library, in the person's data folder, stays.
Section "Uninstall"
  Delete "$SMPROGRAMS\Refocus.lnk"
  Delete "$INSTDIR\refocus.exe"
  Delete "$INSTDIR\LICENSE-MIT"
  Delete "$INSTDIR\LICENSE-APACHE"
  Delete "$INSTDIR\third-party-notices.txt"
  Delete "$INSTDIR\refocus.cdx.json"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR"
  DeleteRegKey HKCU "Software\Classes\Directory\shell\Refocus"
  DeleteRegKey HKCU "Software\Classes\SystemFileAssociations\image\shell\Refocus"
  DeleteRegKey HKCU "Software\Classes\Applications\refocus.exe"
  DeleteRegKey HKCU "Software\Refocus"
  DeleteRegKey HKCU "${REMOVAL}"
SectionEnd
